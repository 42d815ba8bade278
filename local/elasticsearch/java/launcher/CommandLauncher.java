import java.lang.reflect.Constructor;
import java.util.Arrays;
import org.elasticsearch.cli.Command;
import org.elasticsearch.cli.ProcessInfo;
import org.elasticsearch.cli.terminal.Terminal;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;

/**
 * Runs one of upstream's command line tools, as its unpublished launcher does.
 *
 * <p>Usage: CommandLauncher CLASS [ARGUMENT ...], with the system properties es.path.home and es.path.conf.
 */
public final class CommandLauncher {
    private CommandLauncher() {}

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "ERROR").build());
        Constructor<?> constructor = Class.forName(arguments[0]).getDeclaredConstructor();
        constructor.setAccessible(true);
        Command command = (Command) constructor.newInstance();
        int status = command.main(Arrays.copyOfRange(arguments, 1, arguments.length), Terminal.DEFAULT, ProcessInfo.fromSystem());
        System.exit(status);
    }
}
