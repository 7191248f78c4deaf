using System.Globalization;

namespace Scanner.Report.Charts;

/// <summary>From values to pixels along one direction.</summary>
/// <param name="From">Value at pixel <paramref name="Start"/>.</param>
/// <param name="Log">Decimal logarithm; both ends above 0.</param>
internal sealed record Axis(double From, double To, double Start, double End, bool Log = false)
{
    public double At(double value)
    {
        // All values alike: one place is as good as another, and no division by zero.
        if (To <= From) return Start;
        double share = Log ? (Math.Log10(value) - Math.Log10(From)) / (Math.Log10(To) - Math.Log10(From)) : (value - From) / (To - From);
        return Start + (Math.Clamp(share, 0, 1) * (End - Start));
    }

    /// <summary>Round values: 4 to 7 of a linear axis, powers of ten of a logarithmic one, or their 2 and 5 fold too.</summary>
    public IEnumerable<double> Ticks()
    {
        if (To <= From)
        {
            yield return From;
            yield break;
        }
        if (Log)
        {
            // Over two decades and fewer the powers of ten alone are too few.
            double[] factors = To / From > 200 ? [1] : [1, 2, 5];
            for (double decade = Math.Pow(10, Math.Floor(Math.Log10(From))); decade <= To; decade *= 10)
                foreach (double factor in factors)
                    if (decade * factor >= From * 0.9999 && decade * factor <= To * 1.0001) yield return decade * factor;
            yield break;
        }
        double rough = (To - From) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1, 2, 2.5, 5, 10 }.Select(f => f * power).First(s => s >= rough * 0.999);
        for (double v = Math.Ceiling(From / step) * step; v <= To + (step * 1e-6); v += step) yield return v;
    }

    /// <summary>An axis of shares from 0 to a round number above <paramref name="most"/>, at most 1.</summary>
    public static double ShareTop(double most) => most <= 0 ? 0.01 : Math.Min(1, RoundAbove(most));

    /// <summary>A round number above <paramref name="most"/>, which is above 0.</summary>
    public static double RoundAbove(double most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return new[] { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15 }.Select(f => f * power).First(t => t >= most * 1.0001);
    }

    /// <summary>"25 %", with decimals where the steps need them.</summary>
    public static string Percent(double share, double top) =>
        (100 * share).ToString(top < 0.002 ? "0.00" : top < 0.06 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";

    /// <summary>"10", "1 k", "10 M": short forms of counts.</summary>
    public static string Count(double n) => n switch
    {
        >= 1e9 => $"{(n / 1e9).ToString("0.##", CultureInfo.InvariantCulture)} G",
        >= 1e6 => $"{(n / 1e6).ToString("0.##", CultureInfo.InvariantCulture)} M",
        >= 1e3 => $"{(n / 1e3).ToString("0.##", CultureInfo.InvariantCulture)} k",
        _ => n.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
