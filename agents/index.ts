import { bc } from "./bc/index.ts";
import { mlIrl } from "./ml-irl/index.ts";
import { mopo } from "./mopo/index.ts";
import { offlineMlIrl } from "./offline-ml-irl/index.ts";
import { sac } from "./sac/index.ts";
import type { AgentDefinition } from "./trainer.ts";
import { worldModelAgent } from "./world-model/index.ts";

/** Every algorithm that can be trained. */
export const agents: readonly AgentDefinition[] = [mlIrl, offlineMlIrl, sac, mopo, worldModelAgent, bc];

export { loadNetworkPolicy as loadPolicy } from "./network-policy.ts";
