import cluster from 'node:cluster'

if (cluster.isPrimary) {
  const [{ runProgram }, { processTerminal }] = await Promise.all([import('./cli/program.ts'), import('./cli/terminal.ts')])
  process.exitCode = await runProgram(process.argv.slice(2), processTerminal())
  // A command is over when it says so: nothing it forgot to close may keep the process.
  setTimeout(() => process.exit(), 2_000).unref()
} else {
  const { runWorker } = await import('./worker/main.ts')
  runWorker()
}
