import { TerraformOutput, Testing } from 'cdktf';
import { AddressPlan } from '../../constructs/address-plan';
import { evaluate } from '../../local/terraform/evaluate';
import { emptyStack } from '../empty-stack';
import { describeWith } from '../requirements';

describeWith(['terraform'], 'the address plan, as Terraform computes it', () => {
  /** What expressions come to. */
  function evaluated(expressions: string[]): string[] {
    const stack = emptyStack();
    new TerraformOutput(stack, 'all', { value: expressions, staticId: true });
    return evaluate<string[]>(JSON.parse(Testing.synth(stack)).output.all.value);
  }

  test.each([
    [
      '10.42.0.0/16',
      ['10.42.0.0/20', '10.42.16.0/20', '10.42.32.0/20'],
      ['10.42.64.0/20', '10.42.80.0/20', '10.42.96.0/20'],
    ],
    ['10.0.7.0/24', ['10.0.7.0/28', '10.0.7.16/28', '10.0.7.32/28'], ['10.0.7.64/28', '10.0.7.80/28', '10.0.7.96/28']],
  ])('%s has room for three zones, hosts and forwarders apart', (cidr, hosts, forwarders) => {
    const plan = new AddressPlan(cidr);
    const zones = [0, 1, 2];
    expect(evaluated(zones.map((zone) => plan.hostSubnet(zone)))).toEqual(hosts);
    expect(evaluated(zones.map((zone) => plan.forwarderSubnet(zone)))).toEqual(forwarders);
  });

  test('nodes take the zones in turn, from the tenth address on, also in the smallest network', () => {
    const nodes = (cidr: string, zones: number, count: number) =>
      evaluated(Array.from({ length: count }, (_, node) => new AddressPlan(cidr).nodeAddress(node, zones)));
    expect(nodes('10.42.0.0/16', 3, 4)).toEqual(['10.42.0.10', '10.42.16.10', '10.42.32.10', '10.42.0.11']);
    expect(nodes('10.42.0.0/16', 2, 3)).toEqual(['10.42.0.10', '10.42.16.10', '10.42.0.11']);
    expect(nodes('10.0.7.0/24', 3, 1)).toEqual(['10.0.7.10']); // AWS keeps .0 to .3 and .15
  });

  test('the first node stays where it is when a zone joins', () => {
    const plan = new AddressPlan('10.42.0.0/16');
    expect(evaluated([plan.nodeAddress(0, 3)])).toEqual(evaluated([plan.nodeAddress(0, 2)]));
  });
});
