/** Every key that does something now, and whose work the terminal rests on. */
import { commands } from "../../app/commands";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";

export function KeysSection() {
  const all = useStore(commands).filter((command) => (command.keys?.length ?? 0) > 0);
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>keys</th>
          <th>do</th>
          <th>group</th>
        </tr>
      </thead>
      <tbody>
        {all.map((command) => (
          <tr key={command.id}>
            <td>
              {command.keys?.map((keys) => (
                <kbd key={keys}>{keys}</kbd>
              ))}
            </td>
            <td className="wide">{command.title}</td>
            <td>{command.group}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const LICENCES: readonly (readonly [string, string, string])[] = [
  ["React", "MIT", "© Meta Platforms, Inc. and affiliates"],
  ["AG Grid Community", "MIT", "© AG Grid Ltd"],
  ["Lightweight Charts™", "Apache-2.0", "© TradingView, Inc. https://www.tradingview.com/"],
  ["uPlot", "MIT", "© Leon Sorokin"],
  ["Inter", "OFL-1.1", "© The Inter Project Authors"],
  ["JetBrains Mono", "OFL-1.1", "© The JetBrains Mono Project Authors"],
];

export function LicencesSection() {
  const version = useStore(config, (value) => value.version);
  return (
    <>
      <p className="form-note">Islandflow {version}</p>
      <table className="plain-table">
        <tbody>
          {LICENCES.map(([name, licence, holder]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{licence}</td>
              <td className="wide">{holder}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="form-note">
        TradingView Lightweight Charts™, © 2025 TradingView, Inc. Licensed under the Apache License, Version 2.0
        (http://www.apache.org/licenses/LICENSE-2.0): used here unchanged, without warranties or conditions of any kind.
      </p>
    </>
  );
}
