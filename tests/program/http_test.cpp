#include "program/support/program.hpp"

#include <csignal>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace truckee::test;

namespace {

/// What came back over HTTP.
struct http_answer {
  int status = 0;
  std::string head;
  std::string body;

  /// A field's value, whatever its case; empty where there is none.
  std::string field(std::string name) const {
    std::string lower;
    for (const char c : head)
      lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (auto& c : name)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto at = lower.find("\n" + name + ": ");
    if (at == std::string::npos)
      return "";
    const auto begin = at + name.size() + 3;
    return head.substr(begin, head.find('\r', begin) - begin);
  }
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// A gateway's HTTP API, asked by curl.
class http_api : public program_test {
protected:
  /// Over the grid inside the program.
  process& serve(const arguments& more = {"--http-listen", "127.0.0.1:0"}) {
    arguments words{"--log-level", "debug", "gateway"};
    words.insert(words.end(), more.begin(), more.end());
    auto& gateway = start(words);
    const auto where = gateway.wait_for("http: ");
    gateway.wait_for("listening on ");
    if (where.starts_with("unix:")) {
      through_ = {"--unix-socket", where.substr(5)};
      url_ = "http://localhost/v1/file";
      return gateway;
    }
    const auto comma = where.find(", token in ");
    url_ = "http://" + where.substr(0, comma) + "/v1/file";
    token_file_ = where.substr(comma + 11);
    std::ifstream in(token_file_);
    std::getline(in, token_);
    through_ = {"-H", "@" + file("token.header", "Authorization: Bearer " + token_ + "\n")};
    return gateway;
  }
  http_answer curl_plain(const arguments& words) {
    arguments all{"-sS", "-m", "60", "-D", path("head"), "-o", path("body")};
    all.insert(all.end(), words.begin(), words.end());
    std::filesystem::remove(path("body"));
    process call("/usr/bin/curl", all, place().path());
    const auto done = call.wait();
    EXPECT_EQ(done.code, 0) << done.err;
    http_answer out{0, content("head"), std::filesystem::exists(path("body")) ? content("body") : ""};
    // Of several answers (100 Continue) the last one.
    const auto last = out.head.rfind("HTTP/1.1 ");
    out.head = out.head.substr(last);
    out.status = std::stoi(out.head.substr(9, 3));
    return out;
  }
  http_answer curl(arguments words) {
    words.insert(words.begin(), through_.begin(), through_.end());
    words.push_back(url_);
    return curl_plain(words);
  }
  /// With a capability in a header.
  http_answer curl_of(const std::string& cap, arguments words = {}) {
    const auto header = file("cap.header", "Truckee-Capability: " + cap + "\n");
    words.insert(words.begin(), {"-H", "@" + header});
    return curl(words);
  }
  std::string upload(const std::string& text) { return file("upload", text); }
  /// A new file; its capability.
  std::string make(const std::string& text) {
    const auto made = curl({"-T", upload(text)});
    EXPECT_EQ(made.status, 201) << made.body;
    return made.json()["write_cap"];
  }

  arguments through_;
  std::string url_, token_, token_file_;
};

} // namespace

TEST_F(http_api, a_file_is_made_read_written_and_added_to) {
  serve();
  const auto made = curl({"-T", upload("Snow on the ridge.")});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json()["effect"], "applied");
  EXPECT_EQ(made.json()["version"], 1);
  const std::string cap = made.json()["write_cap"];

  const auto read = curl_of(cap);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, "Snow on the ridge.");
  EXPECT_EQ(read.field("ETag"), made.field("ETag"));
  EXPECT_EQ(read.field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(read.field("Cache-Control"), "no-store");

  const auto head = curl_of(cap, {"-I"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), "18");
  EXPECT_EQ(head.field("ETag"), made.field("ETag"));

  const auto written = curl_of(cap, {"-T", upload("Ice on the lake.")});
  EXPECT_EQ(written.status, 200) << written.body;
  EXPECT_EQ(written.json()["version"], 2);
  EXPECT_FALSE(written.json().contains("write_cap"));
  EXPECT_EQ(curl_of(cap).field("ETag"), written.field("ETag"));

  const auto added = curl_of(cap, {"-X", "PATCH", "--data-binary", " And fog."});
  EXPECT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(curl_of(cap).body, "Ice on the lake. And fog.");
}

TEST_F(http_api, a_new_file_may_be_mdmf_and_is_changed_in_part) {
  serve();
  auto text = noise(500'000);
  const auto made = curl({"-H", "Truckee-Format: mdmf", "-T", upload(text)});
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string cap = made.json()["write_cap"];
  EXPECT_TRUE(cap.starts_with("URI:MDMF:"));
  const auto changed =
      curl_of(cap, {"-X", "PATCH", "-H", "Content-Range: bytes 300000-300003/*", "--data-binary", "snow"});
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.json()["partial"], true);
  text.replace(300'000, 4, "snow");
  EXPECT_TRUE(curl_of(cap).body == text);
}

TEST_F(http_api, what_was_made_here_is_what_other_commands_have) {
  auto& gateway = serve();
  const auto cap = file("cap", make(noise(200'000)));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
  EXPECT_EQ(get(cap), noise(200'000));
}

TEST_F(http_api, a_write_is_bound_to_a_version_by_its_tag) {
  serve();
  const auto cap = make("one");
  const auto tag = curl_of(cap).field("ETag");
  const auto two = curl_of(cap, {"-T", upload("two"), "-H", "If-Match: " + tag});
  ASSERT_EQ(two.status, 200) << two.body;
  const auto late = curl_of(cap, {"-T", upload("three"), "-H", "If-Match: " + tag});
  EXPECT_EQ(late.status, 412);
  EXPECT_EQ(late.json()["effect"], "not_applied");
  EXPECT_EQ(late.json()["error"]["kind"], "uncoordinated_write");
  EXPECT_EQ(curl_of(cap).body, "two");
  // What cannot be checked fails.
  for (const std::string condition : {"If-Match: *", "If-None-Match: *", "If-Match: \"2\""})
    EXPECT_EQ(curl_of(cap, {"-T", upload("four"), "-H", condition}).status, 412) << condition;
  EXPECT_EQ(
      curl_of(cap, {"-X", "PATCH", "--data-binary", "x", "-H", "If-Match: " + two.field("ETag")}).status,
      412);
  EXPECT_EQ(curl_of(cap).body, "two");
  EXPECT_EQ(curl({"-T", upload("new"), "-H", "If-None-Match: *"}).status, 201);
}

TEST_F(http_api, a_read_may_ask_for_a_part_and_for_what_is_new) {
  serve();
  const auto cap = make("0123456789");
  const auto part = curl_of(cap, {"-r", "2-4"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(curl_of(cap, {"-r", "10-"}).status, 416);
  const auto tag = part.field("ETag");
  const auto same = curl_of(cap, {"-H", "If-None-Match: " + tag});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(curl_of(cap, {"-H", "If-Match: \"9:0\""}).status, 412);
}

TEST_F(http_api, a_large_file_comes_in_parts_as_if_it_were_one) {
  const auto content = noise(20'000'001);
  const auto cap = truckee({"put", file("large", content), "--format", "mdmf"}).out;
  serve();
  const auto read = curl_of(cap);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.field("Content-Length"), std::to_string(content.size()));
  EXPECT_TRUE(read.body == content);
  const auto range = curl_of(cap, {"-r", "1000-17999999"});
  EXPECT_EQ(range.status, 206);
  EXPECT_EQ(range.field("Content-Range"), "bytes 1000-17999999/20000001");
  EXPECT_TRUE(range.body == content.substr(1000, 17'999'000));
  const auto last = curl_of(cap, {"-r", "-9000000"});
  EXPECT_EQ(last.status, 206);
  EXPECT_TRUE(last.body == content.substr(11'000'001));
  EXPECT_EQ(curl_of(cap, {"-I"}).field("Content-Length"), std::to_string(content.size()));
  const auto same = curl_of(cap, {"-H", "If-Range: " + read.field("ETag"), "-r", "19000000-"});
  EXPECT_EQ(same.status, 206);
  EXPECT_TRUE(same.body == content.substr(19'000'000));
  EXPECT_TRUE(curl_of(cap, {"-H", "If-Range: \"9:0\"", "-r", "19000000-"}).body == content);
  // Two on one connection.
  const auto twice = curl_of(cap, {"-r", "0-9", "-o", path("body"), url_});
  EXPECT_TRUE(twice.body == content.substr(0, 10)) << twice.body.size();
}

TEST_F(http_api, a_large_file_that_changes_while_it_is_read_breaks_off) {
  const auto content = noise(60'000'000);
  const auto cap = truckee({"put", file("large", content), "--format", "mdmf"}).out;
  serve();
  arguments words{"-sS", "-m", "60", "-o", path("slow"), "--limit-rate", "8M"};
  words.insert(words.end(), through_.begin(), through_.end());
  words.insert(words.end(), {"-H", "@" + file("cap.header", "Truckee-Capability: " + cap + "\n"), url_});
  process slow("/usr/bin/curl", words, place().path());
  while (!std::filesystem::exists(path("slow")) || std::filesystem::file_size(path("slow")) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(curl_of(cap, {"-T", upload("another")}).status, 200);
  EXPECT_EQ(slow.wait().code, 18) << "curl: transfer closed with bytes remaining";
  const auto got = program_test::content("slow");
  EXPECT_TRUE(got == content.substr(0, got.size()));
  EXPECT_LT(got.size(), content.size());
  EXPECT_EQ(curl_of(cap).body, "another");
}

TEST_F(http_api, the_token_is_made_for_its_owner_alone_and_nothing_is_said_without_it) {
  serve();
  struct stat info {};
  ASSERT_EQ(::stat(token_file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const auto cap = make("hello");
  EXPECT_EQ(curl_plain({"-H", "Truckee-Capability: " + cap, url_}).status, 401);
  EXPECT_EQ(curl_plain({"-H", "Authorization: Bearer " + token_ + "x", url_}).status, 401);
  EXPECT_EQ(curl({"-H", "Host: evil.example"}).status, 403);
}

TEST_F(http_api, a_unix_socket_is_its_owners_and_needs_no_token) {
  const auto socket = path("s");
  auto& gateway = serve({"--http-listen", "unix:" + socket});
  struct stat info {};
  ASSERT_EQ(::stat(socket.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const auto cap = make("hello");
  EXPECT_EQ(curl_of(cap).body, "hello");

  const auto second = truckee({"gateway", "--http-listen", "unix:" + socket});
  EXPECT_NE(second.code, 0);
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
  EXPECT_FALSE(std::filesystem::exists(socket));

  // One that a process left behind is no obstacle, a file is.
  const int left = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  socket.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ::close(left);
  auto& third = serve({"--http-listen", "unix:" + socket});
  EXPECT_EQ(curl_of(cap).body, "hello");
  third.signal(SIGTERM);
  EXPECT_EQ(third.wait().code, 0);
  file("s", "kept");
  EXPECT_EQ(truckee({"gateway", "--http-listen", "unix:" + socket}).code, 2);
  EXPECT_EQ(content("s"), "kept");
}

TEST_F(http_api, no_secret_is_in_the_log_nor_in_a_refusal) {
  auto& gateway = serve();
  const auto cap = make("hello");
  const auto secret = cap.substr(8, 26);
  curl_of(cap);
  curl_of(cap, {"-T", upload("two"), "-H", "If-Match: *"});
  for (const auto& refusal :
       {curl_of(cap + "x"), curl_of(cap.substr(0, 50)), curl({"-H", "Truckee-Capability: URI:CHK:x"})}) {
    EXPECT_EQ(refusal.status, 400) << refusal.body;
    EXPECT_EQ(refusal.json()["error"]["kind"], "bad_capability");
    EXPECT_EQ(refusal.body.find(secret), std::string::npos);
  }
  gateway.signal(SIGTERM);
  const auto done = gateway.wait();
  for (const auto& text : {done.out, done.err}) {
    EXPECT_EQ(text.find(secret), std::string::npos);
    EXPECT_EQ(text.find(token_), std::string::npos);
  }
}

TEST_F(http_api, an_operation_id_makes_a_write_that_is_sent_again_the_same) {
  serve();
  const auto cap = make("one");
  const std::string id = "Truckee-Operation-Id: aebagbafaydqqcikbmga2dqpca";
  EXPECT_EQ(curl_of(cap, {"-X", "PATCH", "--data-binary", "+", "-H", id}).status, 200);
  const auto again = curl_of(cap, {"-X", "PATCH", "--data-binary", "+", "-H", id});
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.json()["operation_id"], "aebagbafaydqqcikbmga2dqpca");
  EXPECT_EQ(curl_of(cap).body, "one+");
}

TEST_F(http_api, a_weaker_capability_writes_nothing_and_a_reader_reads) {
  serve();
  const auto cap = make("hello");
  const auto reader = lines_of(truckee({"cap", "--cap-file", file("cap", cap), "--read-only"}).out).front();
  EXPECT_EQ(curl_of(reader).body, "hello");
  const auto refused = curl_of(reader, {"-T", upload("x")});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.json()["error"]["kind"], "insufficient_capability");
}

TEST_F(http_api, large_contents_pass_and_a_missing_length_does_not) {
  serve();
  const auto large = noise(5'000'000);
  const auto cap = make(large);
  EXPECT_TRUE(curl_of(cap).body == large);
  EXPECT_EQ(curl_of(cap, {"-T", upload("x"), "-H", "Transfer-Encoding: chunked"}).status, 411);
}

TEST_F(http_api, other_addresses_and_files_that_are_no_token_are_refused_before_anything_runs) {
  const auto wide = truckee({"gateway", "--http-listen", "0.0.0.0:0"});
  EXPECT_NE(wide.code, 0);
  EXPECT_NE(wide.err.find("refusing to serve files over HTTP on 0.0.0.0:0"), std::string::npos) << wide.err;
  const auto token =
      truckee({"gateway", "--http-listen", "127.0.0.1:0", "--http-token-file", file("token", "short\n")});
  EXPECT_EQ(token.code, 2);
  EXPECT_NE(token.err.find("not a token"), std::string::npos) << token.err;
}

TEST_F(http_api, requests_bytes_and_who_was_turned_away_are_counted) {
  auto& gateway = serve({"--http-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"});
  const auto metrics = gateway.wait_for("metrics: ");
  const auto cap = make("Snow on the ridge.");
  EXPECT_EQ(curl_of(cap).status, 200);
  EXPECT_EQ(curl_of(cap, {"-I"}).status, 200);
  EXPECT_EQ(curl_of(cap, {"-T", upload("Ice."), "-H", "If-Match: *"}).status, 412);
  EXPECT_EQ(curl_of(cap, {"-X", "DELETE"}).status, 405);
  EXPECT_EQ(curl_plain({url_}).status, 401);
  EXPECT_EQ(curl({"-H", "Host: elsewhere.example"}).status, 403);
  const auto scraped = curl_plain({metrics}).body;
  const auto value = [&](const std::string& series) {
    const auto at = scraped.find("\n" + series + " ");
    return at == scraped.npos ? -1 : std::stod(scraped.substr(at + series.size() + 2));
  };
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="put",status="2xx"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="put",status="4xx"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="get",status="2xx"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="get",status="4xx"})"), 2) << "401 and 403";
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="head",status="2xx"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_requests_total{method="other",status="4xx"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_refused_total{reason="bad_login"})"), 1);
  EXPECT_EQ(value(R"(truckee_http_refused_total{reason="foreign_host"})"), 1);
  EXPECT_EQ(value("truckee_http_received_bytes_total"), 18) << "the one body that was taken";
  EXPECT_GT(value("truckee_http_sent_bytes_total"), 18);
  EXPECT_GE(value("truckee_http_connections"), 0);
}

TEST_F(http_api, a_gateway_that_stops_answers_what_runs_and_ends) {
  auto& gateway = serve();
  arguments words{
      "-sS", "-m", "60", "-o", path("stopped"), "-w", "%{http_code}", "-T", upload(noise(30'000'000))};
  words.insert(words.end(), through_.begin(), through_.end());
  words.push_back(url_);
  process call("/usr/bin/curl", words, place().path());
  gateway.wait_for("operation_begun");
  gateway.signal(SIGTERM);
  const auto ended = gateway.wait(process::seconds(30));
  EXPECT_EQ(ended.code, 0);
  const auto done = call.wait();
  EXPECT_EQ(done.code, 0) << done.err;
  const auto answered = nlohmann::json::parse(content("stopped"));
  // It may have been done before the gateway heard of it.
  EXPECT_TRUE(done.out == "201" || done.out == "503" || done.out == "504") << done.out;
  EXPECT_EQ(answered["effect"], done.out == "201"   ? "applied"
                                : done.out == "503" ? "not_applied"
                                                    : "may_be_applied");
}
