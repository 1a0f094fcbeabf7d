import type { EnvironmentSpec } from "../../envs/index.ts";
import type { Robot } from "../../envs/locomotion.ts";
import { never } from "../../envs/termination.ts";

/** A ball that is pushed along a floor. It uses what Hopper does not: quantities that lag behind the state. */
export const ball: Robot = {
  skeleton: "ball",
  task: {
    observation: [
      { name: "qpos", size: 3 },
      { name: "qvel", size: 3 },
      { name: "cfrc_ext", size: 6 },
    ],
    reward: [{ name: "forward", formula: "(x′ − x)/dt" }],
    termination: "never",
  },
  xml: `
    <mujoco>
      <size memory="256K"/>
      <option timestep="0.01"/>
      <worldbody>
        <geom type="plane" size="1 1 1"/>
        <body pos="0 0 0.12">
          <joint name="x" type="slide" axis="1 0 0"/>
          <joint name="z" type="slide" axis="0 0 1"/>
          <joint name="pitch" type="hinge" axis="0 1 0"/>
          <geom type="sphere" size="0.1" density="300"/>
        </body>
      </worldbody>
      <actuator><motor joint="x" ctrllimited="true" ctrlrange="-5 5"/></actuator>
    </mujoco>`,
  frameSkip: 3,
  contactForces: true,
  carried: ["xpos", "cfrc_ext"],
  actionSize: 1,
  tracked: 1,
  perturb(random, _qpos, qvel) {
    for (let i = 0; i < 3; i++) qvel[i] += random.normal();
  },
  observe({ qpos, qvel, cfrc_ext }, observation) {
    observation.set(qpos, 0);
    observation.set(qvel, 3);
    observation.set(cfrc_ext.subarray(6, 12), 6);
  },
  track({ xpos }, _model, before) {
    before[0] = xpos[3];
  },
  evaluate: ({ before, fields, dt }) => ({
    reward: (fields.xpos[3] - before[0]) / dt,
    terminated: false,
    info: {},
  }),
  terminatedAt: never,
  resetInfo: () => ({}),
};

export const ballSpec: EnvironmentSpec = {
  id: "Ball-v0",
  title: "",
  observationSize: 12,
  actionSize: 1,
  maxEpisodeSteps: 100,
  options: {},
  meaning: { observation: ["ball (12)"], action: ["motor"] },
};
