import { loadNetworkPolicy, type NetworkPolicy } from "./network-policy.ts";
import { bc } from "./bc/index.ts";
import { mlIrl } from "./ml-irl/index.ts";
import { sac } from "./sac/index.ts";
import type { AgentDefinition } from "./trainer.ts";

/** Every algorithm that can be trained. */
export const agents: readonly AgentDefinition[] = [mlIrl, sac, bc];

/**
 * Reads an exported policy.
 * @throws UserError when the file is no policy
 */
export async function loadPolicy(path: string): Promise<NetworkPolicy & { readonly environmentId: string }> {
  const policy = await loadNetworkPolicy(path);
  return { ...policy, environmentId: policy.architecture.environment };
}
