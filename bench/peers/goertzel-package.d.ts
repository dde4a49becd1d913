/** The npm package `goertzel` 3.0.1 comes without types. */
declare module 'goertzel' {
  type Options = {
    targetFrequency: number;
    sampleRate: number;
    samplesPerFrame: number;
    threshold?: number;
  };
  function goertzel(options: Options): (samples: Float32Array) => boolean;
  export = goertzel;
}
