using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Scanner.Tests.Nightly;

/// <summary>Plays the server of the list on loopback: each request gets the next answer, and the last one for ever.</summary>
internal sealed class ListServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _next;

    private ListServer(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>The If-None-Match of every request, null where it had none.</summary>
    public List<string?> Asked { get; } = [];

    public static async Task<ListServer> StartAsync(params Func<HttpContext, Task>[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ListServer(app);
        app.Run(context =>
        {
            lock (server.Asked) server.Asked.Add(context.Request.Headers.IfNoneMatch.Count > 0 ? context.Request.Headers.IfNoneMatch.ToString() : null);
            return answers[Math.Min(server._next++, answers.Length - 1)](context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        server.Url = new Uri(app.Urls.First() + "/list.csv");
        return server;
    }

    /// <summary>The whole text, with an ETag; 304 to whoever has it.</summary>
    public static Func<HttpContext, Task> Text(string text, string etag = "\"1\"", string type = "text/csv") => async context =>
    {
        context.Response.Headers.ETag = etag;
        if (context.Request.Headers.IfNoneMatch == etag)
        {
            context.Response.StatusCode = 304;
            return;
        }
        context.Response.ContentType = type;
        context.Response.ContentLength = System.Text.Encoding.ASCII.GetByteCount(text);
        await context.Response.WriteAsync(text);
    };

    public static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Announces the whole length and breaks off in the middle.</summary>
    public static Func<HttpContext, Task> CutShort(string text) => async context =>
    {
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text[..(text.Length / 2)]);
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
