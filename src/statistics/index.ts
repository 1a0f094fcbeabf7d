export { mean, populationDeviation, sampleDeviation } from "./moments.ts";
export { interquartileMean, quantile, trimmedMean } from "./order.ts";
export { bootstrapInterval, type BootstrapOptions, type Interval, type Strata } from "./bootstrap.ts";
export { improvementInterval, probabilityOfImprovement, shareOfWins } from "./improvement.ts";
