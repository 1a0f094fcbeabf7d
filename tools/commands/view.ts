import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { printJson, printLine } from "../terminal.ts";
import { UsageError } from "../errors.ts";
import { examples, gather, integerFrom } from "./options.ts";

interface Options {
  readonly reward?: string;
  readonly model?: string;
  readonly env?: string;
  readonly seed: number;
  readonly stochastic?: boolean;
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly html?: string;
  readonly png?: string;
  readonly webm?: string;
  readonly frame?: number;
  readonly seconds: number;
  readonly size: string;
  readonly theme: string;
  readonly camera: string;
  readonly ghost?: boolean;
  readonly chromium?: string;
  readonly json?: boolean;
}

export function viewCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  return new Command("view")
    .summary("watch runs, policies and datasets in a browser")
    .description(
      "Shows what robots do and what rewards say about it. Several things are shown side by side on one clock. A run that is " +
        "still training is followed by itself. Without --html, --png or --webm a server starts on the loopback address and " +
        "prints one link; whoever has the link may look.",
    )
    .argument("<path...>", "runs, folders of runs, policies, datasets, recorded actions (JSON, with --env)")
    .option("--reward <run|file>", "a learned reward to judge every rollout by")
    .option("--model <run|file>", "a world model whose uncertainty is shown of every rollout")
    .option("--env <id>", "the environment of files that do not name theirs, or another one to act in")
    .option("--seed <n>", "seed of the initial states", integerFrom(0), 0)
    .option("--stochastic", "draw actions from policies' distributions instead of taking their means")
    .option("--port <n>", "port of the server; 0 for any that is free", integerFrom(0), 0)
    .option("--host <address>", "address of the server; others than the loopback address can be reached from outside", "127.0.0.1")
    .option("--allow-host <host:port>", "a further name of the server, as behind a tunnel; may be repeated", gather)
    .option("--html <file>", "write one page that works from the file system, without a server")
    .option("--png <file>", "write a picture, by a Chromium that needs no display")
    .option("--webm <file>", "write a video, by a Chromium that needs no display")
    .option("--frame <n>", "the frame of the picture (default: the middle)", integerFrom(0))
    .option("--seconds <n>", "length of the video, at most", integerFrom(1), 10)
    .option("--size <WxH>", "of picture and video, in pixels", "1280x720")
    .option("--theme <name>", "light or dark, of picture and video", "light")
    .option("--camera <name>", "side, follow or orbit, of picture and video", "side")
    .option("--ghost", "draw rollouts over one another, in picture and video")
    .option("--chromium <path>", "the Chromium to use (default: the one that is installed)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive view runs/ml-irl-Hopper-v5-seed0",
        "motive view runs/ml-irl-Hopper-v5-seed0 datasets/demonstrations/hopper-v5-1.hdf5",
        "motive view datasets/policies/hopper-v5-expert.safetensors --reward runs/ml-irl-Hopper-v5-seed0 --html hopper.html",
      ),
    )
    .action(async (paths: string[], options: Options) => {
      const { openSources } = await import("../viewer/sources.ts");
      const { createStage } = await import("../viewer/stage.ts");
      const outputs = [options.html, options.png, options.webm].filter((path) => path !== undefined);
      const { sources, simulators } = await openSources(paths, {
        ...options,
        environment: options.env,
        mode: options.stochastic ? "sample" : "mean",
        live: outputs.length === 0,
      });
      const stage = createStage(sources.map(({ tracks }) => tracks[0].track().label).join(" · "), sources, simulators);
      try {
        if (outputs.length > 0) {
          const { writeOutputs } = await import("../viewer/outputs.ts");
          await writeOutputs(stage, { ...options, ...readLooks(options) });
          if (options.json) printJson(terminal, { files: outputs });
          else for (const path of outputs) printLine(terminal, path);
          return;
        }
        const { runServer } = await import("../viewer/serving.ts");
        setExitCode(await runServer(terminal, stage, options));
      } finally {
        stage.close();
      }
    });
}

const themes = ["light", "dark"] as const;
const cameras = ["side", "follow", "orbit"] as const;

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new UsageError(`${flag} ${value}: expected one of ${allowed.join(", ")}`);
  return found;
}

/** How pictures are to look. @throws UsageError */
function readLooks({ size, theme, camera }: Options) {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(size);
  if (match === null) throw new UsageError(`--size ${size}: expected a width and a height in pixels, such as 1280x720`);
  return {
    width: Number(match[1]),
    height: Number(match[2]),
    theme: oneOf("--theme", theme, themes),
    camera: oneOf("--camera", camera, cameras),
  };
}
