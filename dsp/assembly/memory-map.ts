/**
 * Where everything lies in the kernel's memory, in bytes.
 *
 * ```
 *  0          CONSTANTS        SAMPLES            FLAGS            CHANNELS
 *  | unused   | tables, limits | 32 hops of int16 | of the 32 hops | CHANNEL_SIZE_BYTES each …
 * ```
 */

// Constants, written by the host. Vectors of tables hold two samples' factors for each of four tones.
export const HOP_TABLE: usize = 1024; // [pair of samples 0-3][cosine rows, cosine columns, sine rows, sine columns] v128
export const HOP_TURN_COSINES: usize = 1280; // f32[8]
export const HOP_TURN_SINES: usize = 1312;
export const HALF_COSINES: usize = 1408; // f64[8]
export const HALF_SINES: usize = 1472;
export const LAG_COSINES: usize = 1536;
export const LAG_SINES: usize = 1600;
export const OFFSET_TANGENTS: usize = 1664;
export const HALF_INVERSE: usize = 1728; // f64[16 pairs][6]
export const WINDOW_INVERSE: usize = 2496; // f64[16 pairs][6]
export const LIMITS: usize = 3264; // f64[]
export const HOP_GATE_ENERGY: usize = LIMITS;
export const UNIT_ENERGY: usize = LIMITS + 8;
export const EARLY_LEAST_ENERGY: usize = LIMITS + 16;
export const EARLY_LARGEST_TWIST_RATIO: usize = LIMITS + 24;
export const EARLY_LEAST_SHARE: usize = LIMITS + 32;
export const FIT_LEAST_ENERGY: usize = LIMITS + 40;
export const FIT_LEAST_SHARE: usize = LIMITS + 48;
export const RUN_LEAST_SHARE: usize = LIMITS + 56;
export const RUN_LARGEST_TWIST_RATIO: usize = LIMITS + 64;
export const RUN_LEAST_TWIST_RATIO: usize = LIMITS + 72;
export const RUN_LEAST_SQUARE: usize = LIMITS + 80;
export const RUN_LARGEST_RIPPLE_RATIO: usize = LIMITS + 88;
export const RUN_LEAST_GROUP_RATIO: usize = LIMITS + 96;
export const LARGEST_SHARE_OF_POWER: usize = LIMITS + 104;
export const EARLY_RUN_LEAST_QUALITY: usize = LIMITS + 112;
export const RUN_LEAST_QUALITY: usize = LIMITS + 120;
export const LONG_RUN_LEAST_QUALITY: usize = LIMITS + 128;
export const EARLY_RUN_LEAST_STEADINESS: usize = LIMITS + 136;
export const EARLY_RUN_HOPS: usize = LIMITS + 144; // i32 from here on
export const RUN_HOPS: usize = LIMITS + 148;
export const LONG_RUN_HOPS: usize = LIMITS + 152;
export const TOLERATED_BAD_HOPS: usize = LIMITS + 156;
export const END_HOPS: usize = LIMITS + 160;

// Input and output of one call.
export const SAMPLES: usize = 4096; // i16[32 * 16]
export const FLAGS: usize = 5120; // u8[32]
export const CHANNELS: usize = 8192;
export const CHANNEL_SIZE_BYTES: usize = 1536;

// Within a channel. Four slots of eight f32 each, then f64.
export const HOP_RE: usize = 0;
export const HOP_IM: usize = 128;
export const HALF_RE: usize = 256;
export const HALF_IM: usize = 384;
export const HALF_POWER: usize = 512;
export const HOP_ENERGY: usize = 640; // f64[4]
export const HALF_ENERGY: usize = 672; // f64[4]
export const FIT_RE: usize = 704; // f64[8]
export const FIT_IM: usize = 768; // f64[8]
export const FIT_POWER: usize = 832; // f64[8]
export const FIT: usize = 896; // f64[4]: low and high amplitude, real and imaginary parts
export const RUN_RECENT: usize = 928; // f64[3][4]
export const RUN_ADVANCE: usize = 1024; // f64[4]
export const RUN_EXCESS: usize = 1056; // f64[4]
export const RUN_POWERS: usize = 1088; // f64[8]
export const RUN_ENERGY: usize = 1152;
export const RUN_LOW: usize = 1160;
export const RUN_HIGH: usize = 1168;
export const RUN_LEAST: usize = 1176;
export const RUN_LARGEST: usize = 1184;
export const RUN_NEWEST: usize = 1192;
export const RUN_END: usize = 1200;
export const RUN_COUNT: usize = 1200; // i32 from here on
export const RUN_PAIR: usize = 1204;
export const RUN_START_HOP: usize = 1208;
export const BAD_HOPS: usize = 1212;
export const PRESS_PAIR: usize = 1216;
export const MISSED_HOPS: usize = 1220;
export const PRESS_START_HOP: usize = 1224;
export const HOP_COUNT: usize = 1228;
export const DEBOUNCED_HOPS: usize = 1232;
export const MEASUREMENT: usize = 1240; // f64[6]
