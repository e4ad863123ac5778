import { jsonSchema } from '../config/root.ts'
import { type Command, parseArguments } from './command.ts'

/** The JSON Schema that the configuration is judged by, for editors. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of certgate.yml, for editors',
  usage: `usage: certgate schema

Prints the JSON Schema (draft 2020-12) of certgate.yml, with descriptions and defaults.
Keys of later versions are in it and say so; check and serve refuse them.

examples:
  certgate schema > certgate.schema.json
  # then, as the first line of certgate.yml:
  # yaml-language-server: $schema=certgate.schema.json`,
  async run(args, terminal) {
    parseArguments('schema', args, {})
    terminal.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
    return 0
  },
}
