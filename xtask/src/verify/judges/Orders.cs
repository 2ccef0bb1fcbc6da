// Reads pairs of versions; writes how the first compares with the second in NuGet's order.
using System;
using NuGet.Versioning;

class Orders
{
    static void Main()
    {
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            string[] pair = line.Split('\t');
            NuGetVersion left, right;
            bool valid = NuGetVersion.TryParse(pair[0], out left) & NuGetVersion.TryParse(pair[1], out right);
            Console.WriteLine(valid ? "<=>".Substring(1 + Math.Sign(VersionComparer.Default.Compare(left, right)), 1) : "error");
        }
    }
}
