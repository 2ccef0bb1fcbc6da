import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.artifact.versioning.ComparableVersion;

/**
 * Reads pairs of versions; writes how the first compares with the second in Maven's order, or "circle" where the same
 * order says otherwise by way of a version that both begin with.
 */
public class Orders {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] pair = line.split("\t");
            int order = compare(pair[0], pair[1]);
            boolean isCircle = false;
            for (String between : beginnings(pair)) {
                int left = compare(pair[0], between);
                int right = compare(between, pair[1]);
                boolean agrees = left == 0 ? order == right : right == 0 ? order == left : left != right || order == left;
                isCircle |= !agrees;
            }
            System.out.println(isCircle ? "circle" : "<=>".substring(order + 1, order + 2));
        }
    }

    private static int compare(String left, String right) {
        return Integer.signum(new ComparableVersion(left).compareTo(new ComparableVersion(right)));
    }

    private static List<String> beginnings(String[] versions) {
        List<String> beginnings = new ArrayList<>();
        for (String version : versions) {
            for (int end = 1; end < version.length(); end++) {
                beginnings.add(version.substring(0, end));
            }
        }
        return beginnings;
    }
}
