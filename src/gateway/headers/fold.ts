/** A header name as upstreams may confuse it: lower case, every character outside [a-z0-9] read as `-`. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}
