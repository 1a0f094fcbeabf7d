import type { Exportable, SavedWeights } from "../agents/trainer.ts";
import { saveSafetensors, writeFileAtomically } from "../src/runs/index.ts";

/** Writes a policy, reward or world model as a safetensors file, from which it can be rebuilt. @throws UserError */
export function exportWeights(exportable: SavedWeights, path: string): void {
  saveSafetensors(path, exportable.weights(), { kind: exportable.kind, ...exportable.metadata() });
}

/** Writes a policy or reward as an ONNX model that needs nothing else. @throws UserError */
export function exportOnnx(exportable: Exportable, path: string): void {
  writeFileAtomically(path, (sink) => sink.append(exportable.onnx()));
}
