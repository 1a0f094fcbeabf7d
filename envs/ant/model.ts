/** How one ant differs from another. */
export interface AntModel {
  readonly name: string;
  /** Sliding friction of all geoms. */
  readonly friction: number;
  /** MJCF of geoms on the torso besides its sphere. */
  readonly ornaments: string;
  /** Of leg 1 to 4. */
  readonly legs: readonly AntLeg[];
}

export interface AntLeg {
  /** Length of the thigh per axis, metres; the lower leg is twice as long. */
  readonly reach: number;
  /** Of the motors of hip and ankle. */
  readonly gear: number;
}

/** Which way leg 1 to 4 points, and how its ankle bends. */
const LEGS = [
  { name: "front_left_leg", x: 1, y: 1, ankleAxis: "-1 1 0", ankleRange: "30 70" },
  { name: "front_right_leg", x: -1, y: 1, ankleAxis: "1 1 0", ankleRange: "-70 -30" },
  { name: "back_leg", x: -1, y: -1, ankleAxis: "-1 1 0", ankleRange: "-70 -30" },
  { name: "right_back_leg", x: 1, y: -1, ankleAxis: "1 1 0", ankleRange: "30 70" },
] as const;

/** Gymnasium's order of the actions: leg 4 comes first, hip before ankle. Joints are ordered from leg 1 to 4. */
const ACTUATED_LEGS = [4, 1, 2, 3] as const;

/**
 * The four-legged ant of Schulman et al. (2015) as Gymnasium simulates it: a sphere on four legs with hip and ankle,
 * eight motors. Positions are the torso's [x, y, z] in metres and its quaternion [w, x, y, z], then
 * [hip_1, ankle_1, …, hip_4, ankle_4] in radians.
 */
export function antMjcf({ name, friction, ornaments, legs }: AntModel): string {
  return `
<mujoco model="${name}">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option timestep="0.01" integrator="RK4"/>
  <size memory="256K"/>
  <default>
    <joint armature="1" damping="1" limited="true"/>
    <geom conaffinity="0" condim="3" density="5" friction="${friction} 0.5 0.5" margin="0.01"
          rgba="0.8 0.6 0.4 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" rgba="0.8 0.9 0.8 1"/>
    <body name="torso" pos="0 0 0.75">
      <joint name="root" type="free" armature="0" damping="0" limited="false" margin="0.01"/>
      <geom name="torso_geom" type="sphere" size="0.25"/>
${ornaments}${legs.map(legMjcf).join("")}
    </body>
  </worldbody>
  <actuator>
${ACTUATED_LEGS.map((leg) => motors(leg, legs[leg - 1].gear)).join("\n")}
  </actuator>
</mujoco>
`;
}

function legMjcf({ reach }: AntLeg, index: number): string {
  const { name, x, y, ankleAxis, ankleRange } = LEGS[index];
  const end = (length: number): string => `${x * length} ${y * length} 0`;
  const number = index + 1;
  return `
      <body name="${name}">
        <geom type="capsule" size="0.08" fromto="0 0 0 ${end(0.2)}"/>
        <body name="aux_${number}" pos="${end(0.2)}">
          <joint name="hip_${number}" type="hinge" axis="0 0 1" range="-30 30"/>
          <geom type="capsule" size="0.08" fromto="0 0 0 ${end(reach)}"/>
          <body name="foot_${number}" pos="${end(reach)}">
            <joint name="ankle_${number}" type="hinge" axis="${ankleAxis}" range="${ankleRange}"/>
            <geom type="capsule" size="0.08" fromto="0 0 0 ${end(2 * reach)}"/>
          </body>
        </body>
      </body>`;
}

const motors = (leg: number, gear: number): string => `
    <motor name="hip_${leg}" joint="hip_${leg}" gear="${gear}"/>
    <motor name="ankle_${leg}" joint="ankle_${leg}" gear="${gear}"/>`;

/** Gymnasium's Ant. */
export const ANT_MJCF = antMjcf({
  name: "ant",
  friction: 1,
  ornaments: "",
  legs: LEGS.map(() => ({ reach: 0.2, gear: 150 })),
});
