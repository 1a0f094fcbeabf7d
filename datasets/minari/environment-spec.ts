/*
 * What Gymnasium's registry says of an environment, for the `env_spec` in a dataset's metadata: from it
 * `MinariDataset.recover_environment` makes the environment.
 */

/** Module and class in Gymnasium, and the return that it takes for solved (null where it names none). */
const registered: Readonly<
  Record<string, readonly [module: string, name: string, threshold: number | null]>
> = {
  Hopper: ["hopper", "HopperEnv", 3800],
  HalfCheetah: ["half_cheetah", "HalfCheetahEnv", 4800],
  Walker2d: ["walker2d", "Walker2dEnv", null],
  Ant: ["ant", "AntEnv", 6000],
  Humanoid: ["humanoid", "HumanoidEnv", null],
};

/** The specification as JSON; undefined for environments that Gymnasium does not have. */
export function environmentSpecJson(id: string): string | undefined {
  const [, robot, version] = /^(\w+)-v([45])$/.exec(id) ?? [];
  if (robot === undefined || !Object.hasOwn(registered, robot)) return undefined;
  const [module, name, threshold] = registered[robot];
  return JSON.stringify({
    id,
    entry_point: `gymnasium.envs.mujoco.${module}_v${version}:${name}`,
    reward_threshold: threshold,
    nondeterministic: false,
    max_episode_steps: 1000,
    order_enforce: true,
    disable_env_checker: false,
    kwargs: {},
    additional_wrappers: [],
    vector_entry_point: null,
  });
}
