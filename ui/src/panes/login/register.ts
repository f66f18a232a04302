/** Signing in over the frozen screen, and the banner of a degraded system. */
import { registerExtra } from "../../app/extras";
import { Degraded } from "./Degraded";
import { Login } from "./LoginForm";
import { startSession } from "./store";

registerExtra("login", "overlay", Login);
registerExtra("degraded", "overlay", Degraded);

if (typeof location !== "undefined") startSession();
