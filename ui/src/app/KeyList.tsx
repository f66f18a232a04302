/** Every key that does something now, by group. */
import { useStore } from "../stores/store";
import { Dialog, Scroller } from "../ui/primitives";
import { overlay } from "./actions";
import { commands } from "./commands";
import type { Command } from "./commands";

export function KeyList() {
  const all = useStore(commands).filter((command) => (command.keys?.length ?? 0) > 0);
  const groups = new Map<string, Command[]>();
  for (const command of all) {
    const members = groups.get(command.group);
    if (members === undefined) groups.set(command.group, [command]);
    else members.push(command);
  }
  return (
    <Dialog label="keys" onClose={() => overlay.set(null)} className="key-list">
      <h2>Keys</h2>
      <Scroller className="key-groups" label="keys by group">
        {[...groups].map(([group, members]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {members.map((command) => (
                <div key={command.id}>
                  <dt>{command.title}</dt>
                  <dd>
                    {command.keys?.map((keys) => (
                      <kbd key={keys}>{keys}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </Scroller>
    </Dialog>
  );
}
