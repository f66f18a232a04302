/**
 * What rules say: sounds, desktop notices, and their visual twin in the status line.
 *
 * In a replay nothing sounds unless that is switched on. A notification older than this tab is
 * shown but not sounded.
 */
import { route } from "../../app/router";
import { createStore } from "../../stores/store";
import { live } from "../../wire/live";
import type { KeyedFrame } from "../../wire/frames";
import { sound } from "./preferences";

export interface Notice {
  readonly type: string;
  readonly test: boolean;
  readonly rule_id: string;
  readonly rule: string;
  readonly stream: string;
  readonly event_id: string;
  readonly underlying_id: string | null;
  readonly matched_ts: string;
  readonly actions: readonly { readonly kind: string; readonly sound?: number; readonly volume?: number }[];
}

export const lastNotice = createStore<Notice | null>(null);

/** Two tones a sound, Hz: six that cannot be mistaken for each other. */
const TONES: readonly (readonly [number, number])[] = [
  [880, 880],
  [660, 990],
  [990, 660],
  [523, 1046],
  [1046, 523],
  [440, 440],
];
const TONE_S = 0.12;
let audio: AudioContext | null = null;

export function play(number: number, volume: number): void {
  const tones = TONES[number - 1];
  // A browser lets nothing sound before the first press of a key or button.
  if (tones === undefined || volume <= 0 || !navigator.userActivation.hasBeenActive) return;
  audio ??= new AudioContext();
  tones.forEach((hertz, at) => {
    if (audio === null) return;
    const begin = audio.currentTime + at * TONE_S;
    const gain = new GainNode(audio, { gain: 0 });
    const tone = new OscillatorNode(audio, { frequency: hertz });
    // Ramps: a tone cut off at full height clicks.
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(volume * 0.3, begin + 0.01);
    gain.gain.linearRampToValueAtTime(0, begin + TONE_S);
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + TONE_S);
  });
}

function say(notice: Notice): void {
  lastNotice.set(notice);
  const { isOn, isOnInReplay, volume } = sound.get();
  if (route.get().params.run !== undefined && !isOnInReplay) return;
  for (const action of notice.actions) {
    if (action.kind === "sound" && isOn) play(action.sound ?? 1, (action.volume ?? 1) * volume);
    if (action.kind === "desktop" && "Notification" in window && Notification.permission === "granted") {
      new Notification(`${notice.test ? "Test: " : ""}${notice.rule}`, {
        body: [notice.underlying_id, notice.stream].filter(Boolean).join(" · "),
        tag: `${notice.rule_id}:${notice.event_id}`,
      });
    }
  }
}

export function startNotices(): void {
  live.subscribe(
    { channel: "notifications", filters: {}, depth: 1 },
    {
      whileHidden: true,
      onFrame: (frame: KeyedFrame) => {
        if (frame.type === "events") for (const item of frame.items as unknown as readonly Notice[]) say(item);
        if (frame.type === "snapshot") lastNotice.set((frame.items as unknown as readonly Notice[])[0] ?? null);
      },
    },
  );
}
