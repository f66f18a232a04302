/** Records of a stream as they come, for whoever keeps a view of them that is not a tape. */
import { live } from "./live";
import type { Filters, Stream, Streams } from "./streams";

export interface RecordRequest<S extends Stream> {
  readonly stream: S;
  readonly filters: Filters;
  /** Records of the first snapshot. */
  readonly depth: number;
  readonly run: string | null;
}

/** Follow a stream; returns what ends it. */
export function followRecords<S extends Stream>(
  { stream, filters, depth, run }: RecordRequest<S>,
  take: (records: readonly Streams[S][], receivedAt: number) => void,
): () => void {
  const subscription = live.subscribe(
    { channel: stream, filters, depth, run },
    {
      onFrame: (frame, receivedAt) => {
        if (frame.type !== "snapshot" && frame.type !== "events") return;
        take(frame.items as unknown as readonly Streams[S][], receivedAt);
      },
    },
  );
  return () => subscription.close();
}
