import { bc } from "./bc/index.ts";
import { mlIrl } from "./ml-irl/index.ts";
import { sac } from "./sac/index.ts";
import type { AgentDefinition } from "./trainer.ts";

/** Every algorithm that can be trained. */
export const agents: readonly AgentDefinition[] = [mlIrl, sac, bc];

export { loadNetworkPolicy as loadPolicy } from "./network-policy.ts";
