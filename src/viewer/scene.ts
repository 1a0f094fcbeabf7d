/*
 * What a viewer shows, as plain data: robots as shapes on bodies, episodes as columns of numbers. SI units, z points up;
 * quaternions are [w, x, y, z]. The viewer knows no robot and no algorithm: whoever fills these in does.
 */

export type ShapeType = "plane" | "sphere" | "capsule" | "ellipsoid" | "cylinder" | "box";

/** One rigid shape of a robot. */
export interface Shape {
  readonly type: ShapeType;
  /** Index of the body that carries it. */
  readonly body: number;
  /** Metres, as MuJoCo has it: radius; radius and half length; half lengths. */
  readonly size: readonly number[];
  /** In the body's frame. */
  readonly position: readonly number[];
  readonly quaternion: readonly number[];
}

/** One coordinate of a robot that a person can turn: a hinge, a slide, or a part of a free joint. */
export interface Coordinate {
  readonly name: string;
  /** Its index in qpos or qvel. */
  readonly index: number;
  /** "rad", "m", "rad/s", "m/s", or "" for a part of a quaternion. */
  readonly unit: string;
  /** What a slider spans. */
  readonly range: readonly [low: number, high: number];
}

/** Where a motor acts: an axis through a point of a body. */
export interface Motor {
  readonly name: string;
  /** Index of the body that it turns; -1 where it acts on none. */
  readonly body: number;
  /** In the body's frame. */
  readonly position: readonly number[];
  readonly axis: readonly number[];
  /** The largest force (N) or torque (N·m). */
  readonly limit: number;
}

export interface Robot {
  readonly id: string;
  /** Number of bodies, the world (body 0) included. A pose has 7 numbers for each: position and quaternion. */
  readonly bodies: number;
  readonly shapes: readonly Shape[];
  readonly motors: readonly Motor[];
  readonly positions: readonly Coordinate[];
  readonly velocities: readonly Coordinate[];
  /** The body that cameras follow. */
  readonly root: number;
  /** Its weight in newtons, by which arrows of forces are scaled. */
  readonly weight: number;
}

/** How an episode can be chosen: `live` grows as it is watched, `start` is one of a list, `checkpoint` one of a slider. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly kind: "live" | "episode" | "checkpoint";
}

/** Something that gives episodes: a policy, a dataset, a run in training. */
export interface Track {
  readonly id: string;
  readonly label: string;
  /** Id of a robot. */
  readonly robot: string;
  /** A line about what it is. */
  readonly about: string;
  readonly choices: readonly Choice[];
  /** The choice to open first; none while there is nothing to show yet. */
  readonly first?: string;
  /** Drawn translucent: not physics but what a model imagines. */
  readonly imagined?: boolean;
  /** The track and choice that an episode of this one is to be compared with. */
  readonly beside?: string;
}

/** Learning curves of one run. */
export interface RunInfo {
  readonly id: string;
  readonly label: string;
  readonly state: "waiting" | "training" | "stopped" | "finished";
}

export interface Scene {
  readonly title: string;
  readonly robots: readonly Robot[];
  readonly tracks: readonly Track[];
  readonly runs: readonly RunInfo[];
}

/** What a number of each step is. Terms sum to the true reward. */
export type ChannelRole = "true" | "learned" | "term" | "penalty" | "distance";

export interface Channel {
  readonly id: string;
  readonly label: string;
  readonly role: ChannelRole;
  /** In words; empty where there is none. */
  readonly formula: string;
}

/**
 * Numbers of each frame. `pose` [7 · bodies], `qpos`, `qvel`, `action`, `channels` [number of channels], `contacts`
 * [6 · number of contacts: position and force, zeros where there are fewer], `torques` [motors].
 */
export type ColumnName = "pose" | "qpos" | "qvel" | "action" | "channels" | "contacts" | "torques" | "observation";

export interface Column {
  readonly name: ColumnName;
  readonly width: number;
  readonly type: "float32" | "float64";
}

/** A frame worth a look, such as the one where two rollouts part. */
export interface Mark {
  readonly frame: number;
  readonly label: string;
}

/** An episode without its numbers. Frame t is the state that action t answers; what the last frame's action is, is NaN. */
export interface EpisodeInfo {
  readonly id: string;
  readonly track: string;
  readonly choice: string;
  readonly label: string;
  readonly robot: string;
  /** Seconds between two frames. */
  readonly dt: number;
  /** Frames so far. */
  readonly frames: number;
  /** Whether no further frames will come. */
  readonly complete: boolean;
  readonly columns: readonly Column[];
  readonly channels: readonly Channel[];
  readonly marks: readonly Mark[];
  /** How it ended, in words; empty while it goes on. */
  readonly ending: string;
  /** Whether states can be changed and asked about. */
  readonly probes: boolean;
}

export type ColumnValues = Float32Array | Float64Array;

/** Rows [from, from + count) of some columns, each [count, width]. */
export interface Frames {
  readonly episode: string;
  readonly from: number;
  readonly count: number;
  readonly columns: Readonly<Partial<Record<ColumnName, ColumnValues>>>;
}

/** Records [from, from + rows) of a run's metrics. */
export interface MetricsPart {
  readonly run: string;
  /** Counts up whenever earlier records have changed; parts of different generations do not fit together. */
  readonly generation: number;
  readonly from: number;
  readonly names: readonly string[];
  /** [rows, names]; NaN where a record has no such number. */
  readonly values: Float64Array;
}

/** A state that someone moved by hand: which coordinates of a frame to replace, and by what. */
export interface Probe {
  readonly episode: string;
  readonly frame: number;
  readonly qpos: readonly (readonly [index: number, value: number])[];
  readonly qvel: readonly (readonly [index: number, value: number])[];
}

/** What is known of such a state. */
export interface ProbeResult {
  /** [7 · bodies] */
  readonly pose: Float32Array;
  /** The learned reward there under the frame's action, and that of the frame itself; absent where none is known. */
  readonly learned?: number;
  readonly learnedBefore?: number;
}

export const poseWidth = 7;
export const contactWidth = 6;
