/**
 * The planar two-legged walker of Erez, Tassa and Todorov (2011) as Gymnasium simulates it: a torso that moves in the
 * x-z plane and two legs of thigh, leg and foot, six motors. Positions are [x, z, pitch, thigh, leg, foot, left thigh,
 * left leg, left foot] in metres and radians; rootz has the reference 1.25, so that z is the torso's height. Only the
 * floor touches.
 * @param rightFootFriction sliding friction; 0.9 in Gymnasium's Walker2d-v4, 1.9, as the left foot's, in its -v5
 */
export function walker2dMjcf(rightFootFriction: number): string {
  return `
<mujoco model="walker2d">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option timestep="0.002" integrator="RK4"/>
  <size memory="256K"/>
  <default>
    <joint armature="0.01" damping="0.1" limited="true"/>
    <geom conaffinity="0" condim="3" contype="1" density="1000" friction="0.7 0.1 0.1" rgba="0.8 0.6 0.4 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="100"/>
    <default class="root">
      <joint armature="0" damping="0" limited="false"/>
    </default>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" rgba="0.8 0.9 0.8 1"/>
    <body name="torso" pos="0 0 1.25">
      <joint name="rootx" class="root" type="slide" axis="1 0 0" pos="0 0 -1.25"/>
      <joint name="rootz" class="root" type="slide" axis="0 0 1" pos="0 0 -1.25" ref="1.25"/>
      <joint name="rooty" class="root" type="hinge" axis="0 1 0"/>
      <geom name="torso_geom" type="capsule" size="0.05 0.2" friction="0.9"/>
${leg("", rightFootFriction, "0.8 0.6 0.4 1")}
${leg("_left", 1.9, "0.7 0.3 0.6 1")}
    </body>
  </worldbody>
  <actuator>
    <motor name="thigh_motor" joint="thigh_joint"/>
    <motor name="leg_motor" joint="leg_joint"/>
    <motor name="foot_motor" joint="foot_joint"/>
    <motor name="thigh_left_motor" joint="thigh_left_joint"/>
    <motor name="leg_left_motor" joint="leg_left_joint"/>
    <motor name="foot_left_motor" joint="foot_left_joint"/>
  </actuator>
</mujoco>
`;
}

/** Both legs hang at the same place: the plane has no left and right. */
function leg(side: string, footFriction: number, color: string): string {
  return `
      <body name="thigh${side}" pos="0 0 -0.2">
        <joint name="thigh${side}_joint" type="hinge" axis="0 -1 0" range="-150 0"/>
        <geom name="thigh${side}_geom" type="capsule" size="0.05 0.225" pos="0 0 -0.225" friction="0.9" rgba="${color}"/>
        <body name="leg${side}" pos="0 0 -0.7">
          <joint name="leg${side}_joint" type="hinge" axis="0 -1 0" pos="0 0 0.25" range="-150 0"/>
          <geom name="leg${side}_geom" type="capsule" size="0.04 0.25" friction="0.9" rgba="${color}"/>
          <body name="foot${side}" pos="0.2 0 -0.35">
            <joint name="foot${side}_joint" type="hinge" axis="0 -1 0" pos="-0.2 0 0.1" range="-45 45"/>
            <geom name="foot${side}_geom" type="capsule" size="0.06 0.1" pos="-0.1 0 0.1"
                  quat="0.70710678 0 -0.70710678 0" friction="${footFriction}" rgba="${color}"/>
          </body>
        </body>
      </body>`;
}
