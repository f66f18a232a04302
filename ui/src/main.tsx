/** Start of the terminal. */
import { createRoot } from "react-dom/client";
import { Shell } from "./app/Shell";
import { registerShellCommands } from "./app/actions";
import { startLook } from "./app/look";
import { listenForRoutes } from "./app/router";
import { loadConfig } from "./stores/config";
import { startTelemetry } from "./stores/telemetry";
import { startLoop } from "./stores/loop";
import { startLive } from "./wire/live";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/profiles.css";

// Every folder of `panes/` registers what it brings; none has to be named here.
import.meta.glob("./panes/*/register.ts", { eager: true });

startLook();
listenForRoutes();
registerShellCommands();
startTelemetry();
startLoop();
startLive();
void loadConfig().catch(() => {
  // The defaults serve; the connection light says that the gateway is away.
});

const root = document.getElementById("terminal");
if (root !== null) createRoot(root).render(<Shell />);
