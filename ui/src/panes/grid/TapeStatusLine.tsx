/** Right end of a tape's head: condition of the channel, hold, what came meanwhile. */
import { ChannelState } from "../../app/ChannelState";
import { useStore } from "../../stores/store";
import { Button, Chip } from "../../ui/primitives";
import { count } from "../../ui/number";
import type { TapeController } from "./controller";
import type { TapeRecord } from "./model";

interface TapeStatusLineProps<R extends TapeRecord> {
  readonly controller: TapeController<R>;
  readonly stream: string;
}

export function TapeStatusLine<R extends TapeRecord>({ controller, stream }: TapeStatusLineProps<R>) {
  const { mode, newCount, held, paging, problem } = useStore(controller.model.status);
  return (
    <span className="tape-state">
      {problem !== null && (
        <Chip tone="crit" outlined title={problem}>
          {problem}
        </Chip>
      )}
      <ChannelState stream={stream} />
      {mode === "hold" && (
        <>
          <span className="tape-held">
            {paging === "reading" ? "reading history" : `${count(held)} rows held`}
          </span>
          <span className="tape-new">+{count(newCount)} new</span>
          <Button look="primary" className="tape-follow" onClick={() => controller.follow()}>
            Jump to live <kbd>f</kbd>
          </Button>
        </>
      )}
    </span>
  );
}
