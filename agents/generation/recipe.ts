import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { catalogued, partsOf, type Catalogue, type CatalogueEntry } from "../../datasets/catalogue.ts";
import type { Metadata, MetadataArray } from "../../datasets/index.ts";
import { fileError } from "../../src/runs/atomic-file.ts";
import { loadNetworkPolicy, type NetworkPolicy } from "../network-policy.ts";
import type { Weights } from "../trainer.ts";
import type { Generation, Part } from "./generate.ts";
import { readRecording } from "./recording.ts";
import type { InfoName } from "./transitions.ts";

type SingleEntry = Exclude<CatalogueEntry, { kind: "medium-expert" }>;

/**
 * How to generate a set of a catalogue, in D4RL's sense of its kind (Fu et al. 2020, section 5): policies act by samples,
 * the last episode is cut at the number of transitions; a joined set has only whole episodes of its first part.
 *
 * @throws UserError when a policy or recording that it needs cannot be read or is of another environment
 */
export function generationOf(catalogue: Catalogue, entry: CatalogueEntry): Generation {
  const { environment, kind } = entry;
  const infos: readonly InfoName[] =
    kind !== "demonstrations" ? ["qpos", "qvel", "action_log_probs"] : entry.states ? ["qpos", "qvel"] : [];
  const common = { dataset: entry.name, kind, command: `motive dataset generate ${entry.name}` };
  if (kind !== "medium-expert") {
    return {
      environment,
      parts: [partOf(catalogue, entry, false)],
      infos,
      metadata: { ...common, ...metadataOf(catalogue, entry) },
    };
  }
  const entries = partsOf(catalogue, entry);
  return {
    environment,
    parts: entries.map((part, i) => partOf(catalogue, part, i < entries.length - 1)),
    // Columns that one part does not have, the others cannot keep.
    infos: infos.filter(
      (name) => name !== "action_log_probs" || entries.every((part) => part.kind !== "medium-replay"),
    ),
    metadata: {
      ...common,
      description: `the sets ${entry.sets.join(" and ")}, one after the other`,
      algorithm: "SAC",
    },
  };
}

function partOf(catalogue: Catalogue, entry: SingleEntry, whole: boolean): Part {
  const { environment } = entry;
  switch (entry.kind) {
    case "random":
      return {
        source: { kind: "random", environment, seed: entry.seed },
        end: { transitions: entry.transitions, whole },
      };
    case "medium":
    case "expert":
      return {
        source: {
          kind: "policy",
          environment,
          policy: catalogued(catalogue, entry.policy),
          seed: entry.seed,
        },
        end: { transitions: entry.transitions, whole },
      };
    case "demonstrations":
      return {
        source: {
          kind: "policy",
          environment,
          policy: catalogued(catalogue, entry.policy),
          seed: entry.seed,
        },
        end: { complete: entry.episodes },
      };
    case "medium-replay": {
      const recording = catalogued(catalogue, entry.recording);
      const { lengths, transitions } = readRecording(recording);
      return {
        source: { kind: "recording", environment, recording },
        end: { transitions: lengths.reduce((a, b) => a + b, 0), whole },
        expected: transitions,
      };
    }
  }
}

function metadataOf(catalogue: Catalogue, entry: SingleEntry): Metadata {
  switch (entry.kind) {
    case "random":
      return { description: "actions drawn uniformly from the action space", seed: entry.seed };
    case "medium":
    case "expert":
    case "demonstrations": {
      const path = catalogued(catalogue, entry.policy);
      return {
        description: `actions sampled from ${entry.policy}`,
        algorithm: "SAC",
        seed: entry.seed,
        policy_file: entry.policy,
        policy_sha256: sha256(path),
        // In a few episodes the weights would be most of the file.
        ...(entry.kind !== "demonstrations" && policyMetadata(loadNetworkPolicy(path))),
      };
    }
    case "medium-replay": {
      const path = catalogued(catalogue, entry.recording);
      return {
        description: `the steps of a training run: ${readRecording(path).command}`,
        algorithm: "SAC",
        recording_file: entry.recording,
        recording_sha256: sha256(path),
      };
    }
  }
}

function sha256(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}

/**
 * A policy as D4RL's files hold theirs: hidden layers `fc0`, `fc1`, …, then `last_fc` for μ and `last_fc_log_std` for
 * log σ, weights as [outputs, inputs]. Differs from D4RL: `action_low` and `action_high` tell what tanh is stretched to.
 */
function policyMetadata(policy: NetworkPolicy): Metadata {
  const { hidden, activation, actionSize, actionLow, actionHigh } = policy.architecture;
  const weights = policy.weights();
  const layers = hidden.map((_, layer) => layerMetadata(`policy/fc${layer}`, weights, layer));
  const heads = ["policy/last_fc", "policy/last_fc_log_std"].map((name, i) =>
    layerMetadata(name, weights, hidden.length, i * actionSize, (i + 1) * actionSize),
  );
  return {
    ...(Object.assign({}, ...layers, ...heads) as Metadata),
    "policy/nonlinearity": activation,
    "policy/output_distribution": "tanh_gaussian",
    "policy/action_low": { shape: [actionSize], values: Float32Array.from(actionLow) },
    "policy/action_high": { shape: [actionSize], values: Float32Array.from(actionHigh) },
  };
}

/** Outputs [from, to) of a layer. */
function layerMetadata(
  name: string,
  weights: Weights,
  layer: number,
  from = 0,
  to = weights[`${layer}/weight`].shape[1],
): Record<string, MetadataArray> {
  const { shape, values } = weights[`${layer}/weight`];
  const [inputs, outputs] = shape;
  const transposed = new Float32Array((to - from) * inputs);
  for (let j = from; j < to; j++) {
    for (let i = 0; i < inputs; i++) transposed[(j - from) * inputs + i] = values[i * outputs + j];
  }
  return {
    [`${name}/weight`]: { shape: [to - from, inputs], values: transposed },
    [`${name}/bias`]: {
      shape: [to - from],
      values: Float32Array.from(weights[`${layer}/bias`].values.subarray(from, to)),
    },
  };
}
