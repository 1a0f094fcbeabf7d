import { UserError } from "../../src/errors.ts";
import { layoutOf, view, views, zeros, type Layout, type VectorValues } from "../../src/nn/vector.ts";
import { loadSafetensors } from "../../src/runs/safetensors.ts";
import { gaussianOf, type PolicyArchitecture } from "../network-policy.ts";
import type { SavedWeights } from "../trainer.ts";
import { criticNetwork } from "./update.ts";

/** That of the policy, and what the critics have beside it. */
export interface SacArchitecture extends PolicyArchitecture {
  readonly criticLayerNorm: boolean;
}

/** Everything that SAC has learned: policy, critics and their targets, log α. Another run can go on from it. */
export interface SacNetworkWeights extends SavedWeights {
  readonly kind: "sac-networks";
  readonly architecture: SacArchitecture;
  readonly phi: VectorValues;
  readonly theta: VectorValues;
  readonly target: VectorValues;
  readonly logAlpha: VectorValues;
}

const parts = ["phi", "theta", "target", "logAlpha"] as const;
type Part = (typeof parts)[number];

function layoutsOf(architecture: SacArchitecture): Readonly<Record<Part, Layout>> {
  const { layout } = criticNetwork(architecture.observationSize, architecture.actionSize, architecture);
  return { phi: gaussianOf(architecture).network.layout, theta: layout, target: layout, logAlpha: layoutOf({ logAlpha: [1] }) };
}

/** @param state the current numbers of each part, read whenever weights are asked for */
export function sacNetworkWeights(architecture: SacArchitecture, state: (part: Part) => VectorValues): SacNetworkWeights {
  const layouts = layoutsOf(architecture);
  return {
    kind: "sac-networks",
    architecture,
    get phi() {
      return state("phi");
    },
    get theta() {
      return state("theta");
    },
    get target() {
      return state("target");
    },
    get logAlpha() {
      return state("logAlpha");
    },
    weights: () =>
      Object.fromEntries(
        parts.flatMap((part) => Object.entries(views(layouts[part], state(part))).map(([name, array]) => [`${part}/${name}`, array])),
      ),
    metadata: () => ({ kind: "sac-networks", format: "1", architecture: JSON.stringify(architecture) }),
  };
}

/** Reads what a SAC run has saved as its networks. @throws UserError */
export function loadSacNetworks(path: string): SacNetworkWeights {
  const { tensors, metadata } = loadSafetensors(path);
  if (metadata.kind !== "sac-networks" || metadata.architecture === undefined) {
    throw new UserError(`${path}: not the networks of a SAC run, its metadata says kind "${metadata.kind ?? "none"}"`);
  }
  const architecture = JSON.parse(metadata.architecture) as SacArchitecture;
  const layouts = layoutsOf(architecture);
  const filled = (part: Part): VectorValues => {
    const values = zeros(layouts[part]);
    for (const { name, shape } of layouts[part].chunks.flatMap(({ entries }) => entries)) {
      const found = tensors[`${part}/${name}`];
      if (found === undefined || found.shape.join() !== shape.join()) {
        throw new UserError(`${path}: "${part}/${name}" has shape [${found?.shape.join(", ") ?? ""}], SAC needs [${shape.join(", ")}]`);
      }
      view(layouts[part], values, name).values.set(found.values);
    }
    return values;
  };
  const values = { phi: filled("phi"), theta: filled("theta"), target: filled("target"), logAlpha: filled("logAlpha") };
  return sacNetworkWeights(architecture, (part) => values[part]);
}
