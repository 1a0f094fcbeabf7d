/** The signals that ask a run to stop, and the exit codes that tell of it. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** npm passes Ctrl-C on to a program that the terminal has told already: what follows so soon is no second signal. */
const sameSignalMilliseconds = 1000;

export type StopSignal = keyof typeof exitCodes;

export interface Interrupt {
  /** The signal that came, if one did. */
  readonly signal: StopSignal | undefined;
  /** The exit code that belongs to it, or 0. */
  readonly exitCode: number;
  /** Gives the signals back to the system's handling. */
  release(): void;
}

/**
 * Holds back the first SIGINT or SIGTERM, so that a run can save itself at the next point where its state is complete.
 * A second one ends the process at once.
 * @param onFirst called when the first signal comes
 */
export function holdSignals(onFirst: (signal: StopSignal) => void): Interrupt {
  let held: StopSignal | undefined;
  let heldAt = 0;
  const handler = (signal: StopSignal) => {
    if (held === undefined) {
      held = signal;
      heldAt = performance.now();
      onFirst(signal);
    } else if (performance.now() - heldAt > sameSignalMilliseconds) {
      process.exit(exitCodes[signal]);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, handler);
  return {
    get signal() {
      return held;
    },
    get exitCode() {
      return held === undefined ? 0 : exitCodes[held];
    },
    release() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, handler);
    },
  };
}
