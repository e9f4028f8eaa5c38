#pragma once

#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/message.hpp"
#include "truckee/gbs/serving.hpp"

#include "test_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace truckee::test {

/// tests/data/vectors/gbs.json: what Tahoe-LAFS 1.20.0's client and server said to each other.
class recording {
public:
  struct exchange {
    std::string name;
    gbs::received asked;
    std::size_t body_bytes = 0;
    std::optional<std::string> body_sha256; ///< where the body is not kept
    gbs::response answer;
    bool cut = false; ///< a body of it is not kept
  };

  recording() : json_(read_json("gbs.json")) {
    for (const auto& x : json_["exchanges"])
      exchanges_.push_back(read(x));
  }

  const std::vector<exchange>& exchanges() const { return exchanges_; }
  /// The first of that name.
  const exchange& named(const std::string& name) const {
    const auto at = std::ranges::find(exchanges_, name, &exchange::name);
    if (at == exchanges_.end())
      throw std::runtime_error("nothing is recorded of " + name);
    return *at;
  }

  secret_text swissnum() const { return json_["server"]["swissnum"].get<std::string>(); }
  storage_index slot() const {
    return *storage_index::from(*crypto::from_base32(json_["storage_index"].get<std::string>()));
  }
  grid::slot_secrets secrets() const {
    return {secret("write_enabler"), secret("lease_renew"), secret("lease_cancel")};
  }

private:
  server_secret secret(const char* name) const { return *server_secret::from(hex(json_["secrets"][name])); }

  static std::vector<std::pair<std::string, secret_text>> headers_of(const nlohmann::json& lines) {
    std::vector<std::pair<std::string, secret_text>> out;
    for (const std::string line : lines)
      out.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 2));
    return out;
  }

  static std::string first(const std::vector<std::pair<std::string, secret_text>>& from,
                           std::string_view name) {
    for (const auto& [each, value] : from)
      if (each == name)
        return value;
    return {};
  }

  static exchange read(const nlohmann::json& x) {
    exchange out;
    out.name = x["name"];
    const std::string start = x["request"]["start"];
    const auto space = start.find(' ');
    out.asked.method = start.substr(0, space);
    out.asked.target = start.substr(space + 1, start.rfind(' ') - space - 1);
    out.asked.headers = headers_of(x["request"]["headers"]);
    if (x["request"].contains("body")) {
      out.asked.body = shared_bytes(hex(x["request"]["body"]));
      out.body_bytes = out.asked.body.size();
    } else {
      out.body_sha256 = x["request"]["body_sha256"];
      out.body_bytes = x["request"]["body_len"];
      out.cut = true;
    }
    const std::string answered = x["response"]["start"];
    out.answer.status = static_cast<unsigned>(std::stoul(answered.substr(answered.find(' ') + 1)));
    const auto headers = headers_of(x["response"]["headers"]);
    out.answer.content_type = first(headers, "Content-Type");
    out.answer.content_range = first(headers, "Content-Range");
    if (x["response"].contains("body"))
      out.answer.body = shared_bytes(hex(x["response"]["body"]));
    else
      out.cut = true;
    return out;
  }

  nlohmann::json json_;
  std::vector<exchange> exchanges_;
};

/// The request is the recorded one: its line, its headers in their order, its body. Host, Content-Length and the offer to
/// take compressed answers are not the protocol's.
inline void expect_sent(const gbs::request& sent, const recording::exchange& wanted) {
  EXPECT_EQ(gbs::to_word(sent.how), wanted.asked.method) << wanted.name;
  EXPECT_EQ(sent.target, wanted.asked.target) << wanted.name;
  const std::set<std::string> of_http{"Host", "Content-Length", "Accept-Encoding"};
  std::vector<std::string> left;
  std::vector<std::string> right;
  for (const auto& x : sent.headers)
    left.push_back(std::string(x.name) + ": " + std::string(x.value));
  for (const auto& [name, value] : wanted.asked.headers)
    if (!of_http.contains(name))
      right.push_back(name + ": " + std::string(value));
  EXPECT_EQ(left, right) << wanted.name;
  const auto body = gbs::joined(sent.body);
  EXPECT_EQ(body.size(), wanted.body_bytes) << wanted.name;
  if (wanted.body_sha256)
    EXPECT_EQ(to_hex(crypto::sha256({body.view()}).view()), *wanted.body_sha256) << wanted.name;
  else
    EXPECT_EQ(to_hex(body.view()), to_hex(wanted.asked.body.view())) << wanted.name;
}

} // namespace truckee::test
