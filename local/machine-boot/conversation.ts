import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A question and its answer, each a line, through a socket in a file. */
export class Conversation {
  private constructor(
    private readonly socket: Socket,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async open(path: string): Promise<Conversation> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new Conversation(socket, createInterface(socket)[Symbol.asyncIterator]());
  }

  /** @throws Error where the other side has gone. */
  async ask(question: string, isAnswer: (line: string) => boolean = () => true): Promise<string> {
    this.socket.write(`${question}\n`);
    while (true) {
      const { value, done } = await this.lines.next();
      if (done === true) throw new Error('the machine is off');
      if (isAnswer(value)) return value;
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
