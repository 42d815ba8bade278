/**
 * The commands that lift the lock on a stack's state whose Terraform was cut off. They need a synth in `cdktf.out`.
 *
 * @param id as Terraform's refusal, and the lock itself, tell it
 */
export function unlockCommands(stack: string, id: string): string {
  const terraform = `terraform -chdir=cdktf.out/stacks/${stack}`;
  return `${terraform} init -reconfigure && ${terraform} force-unlock ${id}`;
}
