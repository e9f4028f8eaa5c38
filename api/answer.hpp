#pragma once

#include "truckee/base/effect.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/secret_text.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/messages/gateway.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What goes back to a caller of the HTTP API, whatever was asked. docs/http.md is what callers may count on.
namespace truckee::api {

struct answer {
  unsigned status = 500;
  std::vector<std::pair<std::string_view, std::string>> fields = {}; ///< beside those that every answer has
  secret_text words = {};    ///< JSON; of a new file with its capability
  shared_bytes content = {}; ///< of a file, in place of words
  std::uint64_t length =
      0; ///< of what stands in `words` or `content`, or would, to HEAD; with `rest` of both
  bool without_body = false; ///< to HEAD, and with 304
  /// What follows `content` and is still to be read, of that version.
  struct unread {
    std::uint64_t first = 0; ///< byte of the file
    std::uint64_t size = 0;
    messages::version_name version;
  };
  std::optional<unread> rest = {};
};

/// Of what is asked in words: `kind` and `detail` as every error has them.
answer refused(unsigned status, const error& why);
/// The same to who asked for a write, with what became of that.
answer refused_write(answer refusal, effect became);
/// With what is told of it as JSON.
answer told(unsigned status, const nlohmann::json& what);
/// Of content, whole.
answer given(shared_bytes content);

/// Everything before the body, its empty line included; `last`: the connection ends.
std::string head_of(const answer& x, bool last);
/// Head and body, for a short answer that ends the connection.
secret_text text_of(const answer& x);

} // namespace truckee::api
