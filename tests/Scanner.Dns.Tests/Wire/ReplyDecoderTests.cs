using System.Buffers.Binary;
using Scanner.Dns.Tests.Transport;
using Scanner.Dns.Transport;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Tests.Wire;

/// <summary>What the transport contract cannot show from outside; the rest is there.</summary>
public sealed class ReplyDecoderTests
{
    private static readonly ReceivedQuery Query = AnswerSamples.Query();

    [Fact]
    public void Samples_parse()
    {
        foreach (var (kind, bytes) in AnswerSamples.For(Query))
        {
            Assert.True(ReplyDecoder.IsAnswerTo(bytes, Query.Id, AnswerSamples.Question, 0), kind);
            Assert.True(AnswerSamples.Decode(bytes).Outcome == TransportOutcome.Answered, kind);
        }
    }

    /// <summary>A message says how many records it has, so no beginning of it is a whole message.</summary>
    [Fact]
    public void Every_truncation_of_a_valid_answer_is_malformed_or_no_answer()
    {
        int cuts = 0;
        foreach (var (kind, bytes) in AnswerSamples.For(Query))
        {
            for (int length = 0; length < bytes.Length; length++)
            {
                byte[] cut = bytes[..length];
                if (!ReplyDecoder.IsAnswerTo(cut, Query.Id, AnswerSamples.Question, 0)) continue;
                cuts++;
                Assert.True(AnswerSamples.Decode(cut).Outcome == TransportOutcome.Malformed, $"{kind} cut to {length} of {bytes.Length}");
            }
        }
        Assert.InRange(cuts, 1000, 5000);
    }

    [Fact]
    public void Octets_behind_the_last_record_are_ignored()
    {
        byte[] bytes = [.. Query.Reply().Txt(Query.Name, "x"u8.ToArray()).Bytes(), 1, 2, 3];
        Assert.Equal("x", Assert.IsType<TxtRecord>(Assert.Single(AnswerSamples.Decode(bytes).Answers)).Text);
    }

    [Theory]
    [InlineData(6, "answers")]
    [InlineData(8, "authorities")]
    [InlineData(10, "additionals")]
    public void Counts_that_promise_more_than_there_is(int offset, string what)
    {
        byte[] bytes = Query.Reply().Txt(Query.Name, "x"u8.ToArray()).Soa("com", 1, 1).Opt().Bytes();
        bytes[offset + 1]++;
        Assert.True(AnswerSamples.Decode(bytes).Outcome == TransportOutcome.Malformed, what);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset), ushort.MaxValue);
        Assert.True(AnswerSamples.Decode(bytes).Outcome == TransportOutcome.Malformed, what);
    }

    [Theory]
    [InlineData(DnsRecordType.A, "C00002", "three octets")]
    [InlineData(DnsRecordType.A, "C000020101", "five octets")]
    [InlineData(DnsRecordType.Aaaa, "C0000201", "four octets")]
    [InlineData(DnsRecordType.Txt, "", "no string (RFC 1035 §3.3.14: one or more)")]
    [InlineData(DnsRecordType.Txt, "0161C8", "a string behind the data")]
    [InlineData(DnsRecordType.Mx, "000A", "no exchange")]
    [InlineData(DnsRecordType.Mx, "000A016100FF", "octets behind the exchange")]
    [InlineData(DnsRecordType.Mx, "000A0161", "an exchange without end")]
    [InlineData(DnsRecordType.Cname, "", "no name")]
    [InlineData(DnsRecordType.Cname, "0000", "two names")]
    [InlineData(DnsRecordType.Ns, "0161", "a name without end")]
    [InlineData(DnsRecordType.Soa, "000000000000", "numbers cut short")]
    [InlineData(DnsRecordType.Tlsa, "0301", "no matching type")]
    [InlineData(DnsRecordType.Rrsig, "00100D02000000000000000000000000", "no key tag")]
    public void Data_of_the_wrong_form(DnsRecordType type, string hex, string why)
    {
        // A record behind it, so that reading too far would find something.
        byte[] bytes = Query.Reply().Answer(Query.Name, type, 1, Convert.FromHexString(hex)).Txt(Query.Name, new byte[100]).Bytes();
        Assert.True(AnswerSamples.Decode(bytes).Outcome == TransportOutcome.Malformed, why);
    }

    [Theory]
    [InlineData(DnsRecordType.Soa, "0000FF")]
    [InlineData(DnsRecordType.Ns, "0161")]
    public void Authority_of_the_wrong_form(DnsRecordType type, string hex)
    {
        byte[] bytes = Query.Reply().Answer(Query.Name, type, 1, Convert.FromHexString(hex)).Bytes();
        (bytes[7], bytes[9]) = (0, 1); // the answer is now the authority section
        Assert.Equal(TransportOutcome.Malformed, AnswerSamples.Decode(bytes).Outcome);
    }

    [Fact]
    public void A_name_in_the_data_must_end_there_even_when_the_message_goes_on()
    {
        // "a" in the data, its root outside.
        byte[] bytes = Query.Reply().Answer(Query.Name, DnsRecordType.Ns, 1, 1, (byte)'a').Answer(".", DnsRecordType.A, 1, 1, 2, 3, 4).Bytes();
        Assert.Equal(TransportOutcome.Malformed, AnswerSamples.Decode(bytes).Outcome);
    }

    [Fact]
    public void Records_of_another_class_are_left_out_whatever_their_data()
    {
        byte[] bytes = Query.Reply().Answer(Query.Name, DnsRecordType.A, 1, 1, 2, 3).Txt(Query.Name, "x"u8.ToArray()).Bytes();
        int owner = Array.IndexOf(bytes, (byte)0xC0, 12);
        bytes[owner + 5] = 3; // CHAOS
        Assert.IsType<TxtRecord>(Assert.Single(AnswerSamples.Decode(bytes).Answers));
    }

    [Fact]
    public void Owner_names_are_the_strings_we_have()
    {
        string name = AnswerSamples.Question.Name;
        var reply = AnswerSamples.Decode(Query.Reply().Txt(name, [1]).Txt(name, [2]).A("other.example.com", "192.0.2.1").A("OTHER.example.com", "192.0.2.2").Bytes());
        Assert.All(reply.Answers.Take(2), r => Assert.Same(name, r.Owner));
        Assert.Same(reply.Answers[2].Owner, reply.Answers[3].Owner);
    }

    [Fact]
    public void Owners_are_small_letters_however_the_question_was_written()
    {
        var question = new DnsQuestion("WWW.Example.COM", DnsRecordType.Txt);
        var query = AnswerSamples.Query(question: question);
        var reply = AnswerSamples.Decode(query.Reply().Txt(query.Name, [1]).Txt(query.Name, [2]).Bytes(), question);
        Assert.All(reply.Answers, r => Assert.Equal("www.example.com", r.Owner));
    }

    [Fact]
    public void A_pointer_to_the_header_is_no_pointer_to_the_question_that_is_not_there()
    {
        var message = Query.Reply(2);
        message.WithQuestion = false;
        byte[] bytes = message.Answer("x", DnsRecordType.A, 1, 1, 2, 3, 4).Answer("www.example.com", DnsRecordType.A, 1, 1, 2, 3, 4).Bytes();
        var reply = AnswerSamples.Decode(bytes);
        Assert.Equal(["x", "www.example.com"], reply.Answers.Select(r => r.Owner));
    }

    [Fact]
    public void Equal_negative_replies_are_one_object_and_others_are_not()
    {
        DnsReply Negative(int rcode, uint ttl, bool ad = false, bool ra = true)
        {
            var message = Query.Reply(rcode).Soa("com", ttl, ttl);
            (message.AuthenticData, message.RecursionAvailable) = (ad, ra);
            return AnswerSamples.Decode(message.Bytes());
        }

        Assert.Same(Negative(3, 900), Negative(3, 900));
        foreach (var (rcode, ttl, ad, ra) in (ReadOnlySpan<(int, uint, bool, bool)>)[(0, 900, false, true), (3, 901, false, true), (3, 900, true, true), (3, 900, false, false)])
        {
            var kept = Negative(3, 900);
            var other = Negative(rcode, ttl, ad, ra);
            Assert.Equal((rcode, (uint?)ttl, ad, ra), (other.Rcode, other.NegativeTtl, other.AuthenticData, other.RecursionAvailable));
            Assert.Equal((3, (uint?)900, false, true), (kept.Rcode, kept.NegativeTtl, kept.AuthenticData, kept.RecursionAvailable));
        }
    }

    [Fact]
    public void Letters_come_back_as_they_were_sent_or_it_is_no_answer()
    {
        byte[] bytes = new byte[QueryEncoder.MaxLength];
        int length = QueryEncoder.Encode(AnswerSamples.Question, default, 7, 0b1011, bytes);
        var query = ReceivedQuery.Parse(bytes[..length], overTcp: false);
        Assert.Equal("WWw.Example.com", query.Name);
        byte[] echoed = query.Reply().Bytes();
        Assert.True(ReplyDecoder.IsAnswerTo(echoed, 7, AnswerSamples.Question, 0b1011));
        Assert.True(ReplyDecoder.IsAnswerTo(echoed, 7, AnswerSamples.Question, 0));
        Assert.False(ReplyDecoder.IsAnswerTo(echoed, 7, AnswerSamples.Question, 0b1010));
        var small = query.Reply();
        small.Name = "www.example.com";
        Assert.False(ReplyDecoder.IsAnswerTo(small.Bytes(), 7, AnswerSamples.Question, 0b1011));
    }
}
