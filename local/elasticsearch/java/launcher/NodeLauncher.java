import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts a node of Elasticsearch in this JVM, in the place of upstream's start-up, which Maven Central lacks.
 *
 * <p>Usage: NodeLauncher HOME CONFIGURATION [KEY=VALUE ...]. With -Dsearchgate.until.input.ends=true the node ends together with its
 * standard input, so that it never outlives the process that holds the other end. As a systemd unit of type notify it tells when it has started.
 */
public final class NodeLauncher {
    private NodeLauncher() {}

    public static void main(String[] arguments) throws Exception {
        Path configuration = Path.of(arguments[1]).toAbsolutePath();
        Map<String, String> settings = new HashMap<>();
        settings.put("path.home", Path.of(arguments[0]).toAbsolutePath().toString());
        for (int i = 2; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            settings.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
        }

        LogConfigurator.registerErrorListener();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(Settings.EMPTY, settings, configuration, () -> "node");
        KeyStoreWrapper keystore = KeyStoreWrapper.load(configuration);
        if (keystore != null) {
            keystore.decrypt(new char[0]);
            Settings secured = Settings.builder().put(environment.settings()).setSecureSettings(keystore).build();
            environment = new Environment(secured, configuration);
        }
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.configure(environment, true);

        PluginsLoader loader = PluginsLoader.createPluginsLoader(
            bundles("loadModulesBundles", environment.modulesDir()),
            bundles("loadPluginsBundles", environment.pluginsDir()),
            Map.of(),
            false
        );
        Node node = new Node(environment, loader);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        if (System.getenv("NOTIFY_SOCKET") != null) {
            new ProcessBuilder("systemd-notify", "--ready").inheritIO().start().waitFor();
        }
        if (Boolean.getBoolean("searchgate.until.input.ends")) {
            while (System.in.read() >= 0) {
                // whatever is written there has no meaning: only the end counts
            }
            System.exit(0);
        }
        new CountDownLatch(1).await();
    }

    private static void close(Node node) {
        try {
            node.close();
        } catch (IOException e) {
            e.printStackTrace();
        }
    }

    /** The loader's signature differs between releases: by folder alone, or with a flag that is off here. */
    @SuppressWarnings("unchecked")
    private static Set<PluginBundle> bundles(String name, Path folder) throws ReflectiveOperationException {
        for (Method method : PluginsLoader.class.getMethods()) {
            if (method.getName().equals(name)) {
                return (Set<PluginBundle>) (method.getParameterCount() == 1 ? method.invoke(null, folder) : method.invoke(null, folder, false));
            }
        }
        throw new NoSuchMethodException(name);
    }
}
