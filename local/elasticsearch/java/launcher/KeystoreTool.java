import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TreeSet;
import org.elasticsearch.common.settings.KeyStoreWrapper;

/**
 * The part of upstream's elasticsearch-keystore that a host's setup uses; that program's own jar is not on Maven Central.
 *
 * <p>Usage: KeystoreTool CONFIGURATION create | list | add [--stdin] [--force] NAME | remove NAME. The value of add comes on standard input.
 */
public final class KeystoreTool {
    private KeystoreTool() {}

    public static void main(String[] arguments) throws Exception {
        Path configuration = Path.of(arguments[0]);
        String command = arguments[1];
        String name = arguments[arguments.length - 1];
        KeyStoreWrapper keystore = command.equals("create") ? null : KeyStoreWrapper.load(configuration);
        if (keystore == null) {
            keystore = KeyStoreWrapper.create();
        } else {
            keystore.decrypt(new char[0]);
        }
        switch (command) {
            case "create" -> { }
            case "list" -> {
                new TreeSet<>(keystore.getSettingNames()).forEach(System.out::println);
                return;
            }
            case "add" -> keystore.setString(name, new String(System.in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing().toCharArray());
            case "remove" -> keystore.remove(name);
            default -> throw new IllegalArgumentException("unknown command " + command);
        }
        keystore.save(configuration, new char[0]);
    }
}
