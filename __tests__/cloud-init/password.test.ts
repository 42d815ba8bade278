import { describeWith } from '../requirements';
import { TrialHost } from './trial-host';

/** A user of the file realm that stays. */
const health = 'searchgate-health:hash\n';
const stored = 'e1'.repeat(24);

describeWith(['openssl'], 'the elastic password', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    host.write('run/searchgate/parameters/secrets/elastic-password', `${stored}\n`);
    host.replace('sleep', '');
    // Elasticsearch: the password of elastic is in a file; a user of the file realm may change it
    host.replace(
      'curl',
      `while [ $# -gt 0 ]; do case $1 in --netrc-file) netrc=$2 ;; --json) data=\${2#@} ;; esac; last=$1; shift; done
      read -r _ _ _ user _ password < "$netrc"
      case $last in
        */_authenticate) [ "$password" = "\\"$(cat "$root/valid")\\"" ] && { printf 200; exit 0; }; printf 401; exit 22 ;;
        */_password) [ "$user" = searchgate-reset ] && grep -q "^$user:" "$root/etc/elasticsearch/users" || exit 22
          sed 's/.*:"\\(.*\\)"}/\\1/' "$data" > "$root/valid" ;;
      esac`,
    );
    host.replaceAt(
      'usr/share/elasticsearch/bin/elasticsearch-users',
      `users=$root/etc/elasticsearch/users
      case $1 in useradd) cat > /dev/null; echo "$2:$4" >> "$users" ;; userdel) sed -i "/^$2:/d" "$users" ;; esac`,
    );
    host.write('etc/elasticsearch/users', health);
  });
  afterEach(() => host.remove());
  const valid = () => host.read('valid').trim();

  test('that is valid already is only remembered, and not asked about again', () => {
    host.write('valid', stored);
    expect(host.run('password')).toMatchObject({ code: 0, summary: 'valid' });
    host.forgetCalls();
    expect(host.run('password')).toMatchObject({ code: 0, summary: 'as before' });
    expect(host.calls.filter((call) => call.startsWith('curl'))).toEqual([]);
  });

  test('that is new in Systems Manager is taken over, by a user who is gone afterwards', () => {
    host.write('valid', 'what it was before all was lost in Systems Manager');
    expect(host.run('password')).toMatchObject({ code: 0, summary: 'reset to what Systems Manager holds' });
    expect(valid()).toBe(stored);
    expect(host.read('etc/elasticsearch/users')).toBe(health);
    expect(host.run('password').summary).toBe('as before');
  });

  test('that somebody changed in Kibana stays, though Systems Manager holds the older one', () => {
    host.write('valid', stored);
    host.run('password');
    host.write('valid', 'hers');
    expect(host.run('password')).toMatchObject({ code: 0, summary: 'as before' });
    expect(valid()).toBe('hers');
  });

  test('that is put into Systems Manager afterwards is taken over again', () => {
    host.write('valid', stored);
    host.run('password');
    host.write('run/searchgate/parameters/secrets/elastic-password', 'a "new" one\\n\n');
    host.run('password');
    expect(valid()).toBe(String.raw`a \"new\" one\\n`);
  });

  test('fails, to be tried again, where Elasticsearch does not answer', () => {
    host.replace('curl', 'exit 7');
    expect(host.run('password')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/^Elasticsearch does not answer/),
    });
    expect(host.has('srv/searchgate/elastic-password.digest')).toBe(false);
  });

  test('that cannot be reset leaves no user behind, and is tried again the next time', () => {
    host.write('valid', 'another');
    host.replaceAt('usr/share/elasticsearch/bin/elasticsearch-users', 'cat > /dev/null; echo "$*" >> "$root/asked"');
    expect(host.run('password')).toMatchObject({ code: 1, reason: expect.stringMatching(/could not be reset/) });
    expect(host.read('asked').trim().split('\n').at(-1)).toBe('userdel searchgate-reset');
    expect(host.has('srv/searchgate/elastic-password.digest')).toBe(false);
  });

  test('taken over by a run that was killed then leaves no superuser: the next run removes him', () => {
    host.write('valid', 'what it was before');
    // before it is remembered
    host.replace('mv', 'kill -9 $PPID');
    expect(host.run('password').code).toBe(null);
    expect(host.read('etc/elasticsearch/users')).toBe(`${health}searchgate-reset:superuser\n`);
    host.delete('programs/mv');
    expect(host.run('password').summary).toBe('valid');
    expect(host.read('etc/elasticsearch/users')).toBe(health);
    // after it is
    host.write('etc/elasticsearch/users', `${health}searchgate-reset:superuser\n`);
    expect(host.run('password').summary).toBe('as before');
    expect(host.read('etc/elasticsearch/users')).toBe(health);
    host.forgetCalls();
    host.run('password');
    expect(host.calls.filter((call) => call.startsWith('elasticsearch-users'))).toEqual([]);
  });

  test('is no argument of a program, not in the output, and in clear in no file that stays', () => {
    host.write('valid', 'another');
    const { output } = host.run('password');
    expect(host.calls.join('\n')).not.toContain(stored);
    expect(output).not.toContain(stored);
    expect(host.read('srv/searchgate/elastic-password.digest')).toMatch(/^\$6\$[0-9a-f]{16}\$\S+\n$/);
    for (const file of ['netrc', 'json']) expect(host.has(`run/searchgate/password.${file}`)).toBe(false);
  });
});
