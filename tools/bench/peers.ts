import { join, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { projectRoot } from "../project.ts";
import { lastLine } from "./child.ts";
import { isDirectory, openPython } from "./python.ts";

/**
 * The three network updates that engines are compared by.
 * W1: SAC update, observation 17, action 6, hidden 64-64, batch 100. W2: the same with hidden 256-256, batch 256.
 * W3: 7-member Gaussian ensemble (23 inputs, 18 outputs), 4 hidden layers of 200, batch 256 per member.
 */
export type Workload = "W1" | "W2" | "W3";
export type PeerName = "torchEager" | "torchCompiled" | "jaxScan";

/** Updates per second of each workload. */
export type UpdateRates = Readonly<Record<Workload, number>>;

export interface PeerReport {
  /** Complete measurements only: a peer that is not installed, or fails at one workload, is left out. */
  readonly peers: Readonly<Partial<Record<PeerName, UpdateRates>>>;
  /** For every peer left out, one line that says why. */
  readonly reasons: Readonly<Partial<Record<PeerName, string>>>;
  /** The one core that the peers ran on; undefined where `taskset` is missing (they still run one thread each). */
  readonly core: number | undefined;
  /** For every peer measured, the version of its library. */
  readonly versions: Readonly<Partial<Record<PeerName, string>>>;
}

export interface PeerOptions {
  /** Python interpreter, or a virtual environment's directory. Default: `python3`, then `python`, from the search path. */
  readonly python?: string;
  /** Directory of the peer programs. Default: `../shared/peers` beside the project, if it exists. */
  readonly peersDirectory?: string;
  /** Measuring time of one workload of one peer; start, compilation and warm-up come on top. */
  readonly seconds: number;
  /** The core to run on. Default: the last one that this process may use. */
  readonly core?: number;
  /** After which one program is given up. Default: five minutes beyond the measuring time, enough to compile. */
  readonly timeoutSeconds?: number;
  readonly onProgress?: (text: string) => void;
}

interface Peer {
  /** The module whose import shows that the peer is installed. */
  readonly library: string;
  /** Command line options of each workload: of the ways that the program knows, the one that measured fastest. */
  readonly modes: Readonly<Record<Workload, string>>;
}

const peersByName: Readonly<Record<PeerName, Peer>> = {
  torchEager: {
    library: "torch",
    modes: {
      W1: "--mode eager --qnet separate --adam fused",
      W2: "--mode eager --qnet separate --adam fused",
      W3: "--mode eager --impl bmm --adam fused",
    },
  },
  torchCompiled: {
    library: "torch",
    modes: {
      W1: "--mode compile --qnet stacked",
      W2: "--mode compile --qnet separate",
      W3: "--mode compile --impl separate",
    },
  },
  jaxScan: {
    library: "jax",
    modes: {
      W1: "--scan 100 --qnet separate",
      W2: "--scan 100 --qnet separate",
      W3: "--scan 10 --impl bmm",
    },
  },
};

const sizes: Readonly<Record<Workload, string>> = {
  W1: "--obs 17 --act 6 --hidden 64 --batch 100",
  W2: "--obs 17 --act 6 --hidden 256 --batch 256",
  W3: "--members 7 --inputs 23 --outputs 18 --hidden 200 --layers 4 --batch 256",
};
const workloads = ["W1", "W2", "W3"] as const;

/**
 * Runs the Python programs that the project's engine is compared with, one after the other on one core, and returns
 * their updates per second (median of the program's own repetitions).
 * @throws UserError when an interpreter or directory that was asked for by name cannot be used
 */
export async function runPeers(options: PeerOptions): Promise<PeerReport> {
  const { seconds, timeoutSeconds = 300 + 3 * seconds, onProgress = () => undefined } = options;
  const directory = findPeers(options.peersDirectory);
  const python =
    directory === undefined ? undefined : await openPython({ ...options, timeoutSeconds });
  if (directory === undefined || python === undefined) {
    const reason =
      directory === undefined
        ? "no peer programs in ../shared/peers (--peers DIR names another place)"
        : "no Python 3 found (--python PATH names one)";
    onProgress(`peers: ${reason}`);
    const reasons = Object.fromEntries(Object.keys(peersByName).map((name) => [name, reason]));
    return { peers: {}, reasons, versions: {}, core: undefined };
  }

  const { run, core } = python;
  const peers: Partial<Record<PeerName, UpdateRates>> = {};
  const reasons: Partial<Record<PeerName, string>> = {};
  const versions: Partial<Record<PeerName, string>> = {};
  for (const [name, { library, modes }] of Object.entries(peersByName) as [PeerName, Peer][]) {
    onProgress(`${name}: looking for ${library}`);
    const found = await run(["-c", `import ${library}; print(${library}.__version__)`]);
    if ("reason" in found) {
      reasons[name] = `${library} cannot be imported: ${found.reason}`;
      onProgress(`${name}: ${reasons[name]}`);
      continue;
    }
    const rates: Partial<Record<Workload, number>> = {};
    for (const workload of workloads) {
      onProgress(`${name} ${workload}: running`);
      const file = `${library}_${workload === "W3" ? "ensemble" : "sac"}.py`;
      const settings = `${modes[workload]} ${sizes[workload]} --seconds ${seconds}`;
      const outcome = await run([join(directory, file), ...settings.split(" ")]);
      const rate = "reason" in outcome ? outcome : readRate(outcome.output);
      if (typeof rate !== "number") {
        reasons[name] = `${file} (${workload}): ${rate.reason}`;
        onProgress(`${name}: ${reasons[name]}`);
        break;
      }
      rates[workload] = rate;
      onProgress(`${name} ${workload}: ${rate.toFixed(rate < 100 ? 1 : 0)} updates/s`);
    }
    if (isComplete(rates)) {
      peers[name] = rates;
      versions[name] = lastLine(found.output) ?? "unknown";
    }
  }
  return { peers, reasons, versions, core };
}

function isComplete(rates: Partial<Record<Workload, number>>): rates is UpdateRates {
  return rates.W1 !== undefined && rates.W2 !== undefined && rates.W3 !== undefined;
}

const resultLine = z.object({ updates_per_s: z.number().positive() });

/** The rate in a program's last line, which is to be one JSON object. */
function readRate(output: string): number | { readonly reason: string } {
  const line = lastLine(output);
  if (line === undefined) return { reason: "printed nothing" };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { reason: `its last line is not JSON: ${line.slice(0, 80)}` };
  }
  const parsed = resultLine.safeParse(value);
  if (parsed.success) return parsed.data.updates_per_s;
  return { reason: `its last line has no positive "updates_per_s": ${line.slice(0, 80)}` };
}

function findPeers(asked: string | undefined): string | undefined {
  if (asked !== undefined) {
    if (!isDirectory(asked)) {
      throw new UserError(`${asked}: no such directory; --peers expects the one that holds torch_sac.py`);
    }
    return resolve(asked);
  }
  const beside = resolve(projectRoot, "../shared/peers");
  return isDirectory(beside) ? beside : undefined;
}
