import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { loadSafetensors, saveSafetensors } from "../../src/runs/index.ts";

/**
 * A training run's actions in one environment, all from its start on. Physics is deterministic to the bit, so they and
 * the seed are the run's transitions: stepping through them again gives every observation and reward.
 */
export interface Recording {
  readonly environment: string;
  /** Of the environment's first reset; the later ones go on with its random stream. */
  readonly seed: number;
  readonly actionSize: number;
  /** [N, A] */
  readonly actions: Float32Array;
  /** Steps of each episode; the run may have been stopped within the last one. */
  readonly lengths: Int32Array;
  /** `contentDigest` of the run's transitions, without infos: what stepping must give. */
  readonly transitions: string;
  /** The command line of the run. */
  readonly command: string;
}

const metadataSchema = z.object({
  kind: z.literal("recording"),
  format: z.literal("1"),
  environment: z.string(),
  seed: z.string().regex(/^\d+$/).transform(Number),
  transitions: z.string().regex(/^[0-9a-f]{64}$/),
  command: z.string(),
});

/** @throws UserError when the file cannot be written; an older one is then untouched */
export function saveRecording(path: string, recording: Recording): void {
  const { actions, actionSize, lengths, environment, seed, transitions, command } = recording;
  saveSafetensors(
    path,
    {
      actions: { shape: [actions.length / actionSize, actionSize], values: actions },
      lengths: { shape: [lengths.length], values: lengths },
    },
    { kind: "recording", format: "1", environment, seed: String(seed), transitions, command },
  );
}

/** @throws UserError when the file is missing, damaged, or no recording */
export function readRecording(path: string): Recording {
  const { tensors, metadata } = loadSafetensors(path);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${path}: no recording of a run: its "${issue.path.join(".")}": ${issue.message}`);
  }
  const { actions, lengths } = tensors;
  if (!(actions?.values instanceof Float32Array) || actions.shape.length !== 2)
    throw new UserError(`${path}: "actions" must be a matrix of F32`);
  if (!(lengths?.values instanceof Int32Array)) throw new UserError(`${path}: "lengths" must be I32`);
  const [steps, actionSize] = actions.shape;
  if (lengths.values.some((length) => length <= 0) || lengths.values.reduce((a, b) => a + b, 0) !== steps)
    throw new UserError(`${path}: the lengths of its episodes do not sum to its ${steps} actions`);
  const { environment, seed, transitions, command } = parsed.data;
  return {
    environment,
    seed,
    actionSize,
    actions: actions.values,
    lengths: lengths.values,
    transitions,
    command,
  };
}
