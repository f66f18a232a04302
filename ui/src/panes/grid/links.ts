/** What tapes show of the link of a print: tint, hits, the profile's colour. */
import { PROFILE_CODES, profileCode } from "../../ui/market";
import type { PrintLink } from "../../wire/frames";
import type { Tint } from "./columns";

/** Row tint of what a link names; none where the profile abstained. */
export function linkTint(_: unknown, link: PrintLink | undefined): Tint | null {
  const code = profileCode(link?.profile);
  if (link === undefined || code === null || link.abstained === true) return null;
  return { code, probability: link.probability ?? 0 };
}

/** Classifier hits of a link. */
export function hitCount(link: PrintLink | undefined): number {
  return link?.hits?.length ?? 0;
}

/** Classes `profile-i`, … of a cell by the profile it names. */
export function profileClasses<R>(
  profileOf: (record: R, link: PrintLink | undefined) => string | null | undefined,
): Readonly<Record<string, (record: R, link: PrintLink | undefined) => boolean>> {
  return Object.fromEntries(
    PROFILE_CODES.map((code) => [
      `profile-${code.toLowerCase()}`,
      (record: R, link: PrintLink | undefined) => profileCode(profileOf(record, link)) === code,
    ]),
  );
}
