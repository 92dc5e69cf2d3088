// ILETI=https://izin.ornek.com.tr  ILETI_KEY=ilt_…
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

var http = new HttpClient { BaseAddress = new Uri(Environment.GetEnvironmentVariable("ILETI")!) };
http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
    "Bearer", Environment.GetEnvironmentVariable("ILETI_KEY"));

var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/consents")
{
    Content = JsonContent.Create(new
    {
        address = "0599 213 41 15", channel = "MESAJ", status = "ONAY",
        source = "HS_WEB", consentDate = DateTimeOffset.Now,
    }),
};
request.Headers.Add("Idempotency-Key", "siparis-4711-csharp");
var answer = await http.SendAsync(request);
var said = await answer.Content.ReadFromJsonAsync<JsonElement>();
if (!answer.IsSuccessStatusCode)
    throw new Exception($"{said.GetProperty("code")}: {said.GetProperty("detail")}");
Console.WriteLine($"{said.GetProperty("record")} {said.GetProperty("outcome")}");
