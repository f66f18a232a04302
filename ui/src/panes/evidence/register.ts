/** The evidence drawer, over every page. */
import { registerExtra } from "../../app/extras";
import { EvidenceHost } from "./EvidenceHost";

registerExtra("evidence", "overlay", EvidenceHost);
