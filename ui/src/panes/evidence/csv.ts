/** Records as CSV: the fields in the order of the schema, nested values as JSON. */

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvOf(records: readonly Readonly<object>[]): string {
  const [first] = records;
  if (first === undefined) return "";
  const names = Object.keys(first);
  const line = (record: object): string => {
    const fields = new Map<string, unknown>(Object.entries(record));
    return names.map((name) => cell(fields.get(name))).join(",");
  };
  return [names.join(","), ...records.map(line)].join("\n");
}
