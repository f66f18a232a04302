/** Hand the browser a file. */
export function saveFile(name: string, content: string | Blob): void {
  const blob = typeof content === "string" ? new Blob([content], { type: "application/json" }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // After the click has been taken; at once would be too early for some browsers.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
