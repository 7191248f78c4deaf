namespace Scanner.Aggregate;

/// <summary>McNemar's test of a change between two looks at the same names (McNemar 1947): of those that changed, did more go one way?</summary>
public static class McNemar
{
    /// <summary>Up to here the exact binomial p is summed; beyond, chi-square with continuity correction differs in the third decimal.</summary>
    private const long ExactUpTo = 1000;

    /// <param name="gained">Names that changed from no to yes.</param>
    /// <param name="lost">Names that changed from yes to no.</param>
    /// <returns>Two-sided p, 0 to 1; 1 when nothing changed.</returns>
    public static double P(long gained, long lost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gained);
        ArgumentOutOfRangeException.ThrowIfNegative(lost);
        long n = gained + lost;
        if (n == 0) return 1;
        if (n > ExactUpTo)
        {
            double difference = Math.Max(0, Math.Abs(gained - lost) - 1);
            // Chi-square with one degree of freedom is a squared normal variate.
            return Erfc(Math.Sqrt(difference * difference / n / 2));
        }
        // Twice the smaller tail of a fair coin, term by term in logarithms.
        double logTerm = -n * Math.Log(2), tail = Math.Exp(logTerm);
        for (long k = 1; k <= Math.Min(gained, lost); k++)
        {
            logTerm += Math.Log(n - k + 1) - Math.Log(k);
            tail += Math.Exp(logTerm);
        }
        return Math.Min(1, 2 * tail);
    }

    /// <summary>"0.032", or "&lt; 0.0001".</summary>
    public static string Text(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Complementary error function for x >= 0, error under 1.2e-7 relative (Numerical Recipes 6.2, Chebyshev fit).</summary>
    private static double Erfc(double x)
    {
        double t = 1 / (1 + (0.5 * x));
        ReadOnlySpan<double> c = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
        double sum = 0;
        for (int i = c.Length - 1; i >= 0; i--) sum = c[i] + (t * sum);
        return t * Math.Exp((-x * x) + sum);
    }
}
