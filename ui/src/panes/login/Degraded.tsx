/** The banner that names what is down and what still works. */
import { useState } from "react";
import { navigate } from "../../app/router";
import { health } from "../../stores/health";
import { useStore } from "../../stores/store";
import { Button } from "../../ui/primitives";
import { system } from "../health/store";
import { bannerOf } from "./banner";
import "./login.css";

export function Degraded() {
  const channels = useStore(health, (value) => value.channels);
  const report = useStore(system, (value) => value.report);
  const found = bannerOf(report, channels);
  // Hidden until it has something else to say.
  const [hidden, setHidden] = useState("");
  if (found === null || hidden === found.text) return null;
  return (
    <div className="degraded" role="status">
      <b>{found.word}</b> {found.text}
      <Button onClick={() => navigate("health")}>Health</Button>
      <Button aria-label="hide the banner" onClick={() => setHidden(found.text)}>
        ×
      </Button>
    </div>
  );
}
