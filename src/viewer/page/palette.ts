/** Colours of robots and their curves: told apart by colour-blind people too, legible on light and dark. */
export const slotColors = ["#e0703a", "#3b7dd8", "#2f9e75", "#a55fc4"] as const;
