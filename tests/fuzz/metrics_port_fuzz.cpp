#include "fuzz/bytes_reader.hpp"
#include "truckee/base/descriptor.hpp"
#include "truckee/base/random.hpp"
#include "truckee/http/head.hpp"
#include "truckee/metrics/exposer.hpp"

#include <array>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace truckee;

namespace {

std::unique_ptr<metrics::exposer> port(std::optional<metrics::basic_auth> login) {
  auto made = metrics::exposer::start({.login = std::move(login)}, std::make_shared<metrics::recorder>());
  fuzz::expect(made.has_value());
  return std::move(*made);
}

/// Nobody can guess it, and no input of a corpus can have it.
std::string secret() {
  bytes out(20);
  system_random().fill(out);
  return to_hex(out);
}

/// Says that and nothing more, and gives what is answered.
std::string asked(const metrics::exposer& at, std::string_view text) {
  const descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(at.listening().port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Thousands a second: none may linger.
  const linger at_once{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fuzz::expect(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  while (!text.empty()) {
    const auto n = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      break; // it has heard enough
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::shutdown(fd.get(), SHUT_WR);
  std::string out;
  std::array<char, 65536> piece;
  for (ssize_t n; (n = ::recv(fd.get(), piece.data(), piece.size(), 0)) > 0;)
    out.append(piece.data(), static_cast<std::size_t>(n));
  return out;
}

} // namespace

/// What callers may say to a metrics port: it answers within bounds or not at all, nothing without the login, nothing to
/// a foreign Host, and never a part of an answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto open = port({});
  static const auto locked = port(metrics::basic_auth{"scraper", secret()});
  fuzz::bytes_reader in(data, size);
  const bool with_login = in.byte() % 2 == 1;
  const auto text = in.rest();
  const auto answer = asked(with_login ? *locked : *open, text);
  if (answer.empty())
    return 0;
  const auto status = std::string_view(answer).substr(0, answer.find('\n'));
  fuzz::expect(status.starts_with("HTTP/1.") && status.find(" 206") == status.npos);
  fuzz::expect(answer.find("X-Content-Type-Options: nosniff\r\n") != answer.npos &&
               answer.size() < 256 * 1024);
  const bool has_metrics = answer.find("# TYPE truckee_") != answer.npos;
  http::head_reader head;
  head.take(text);
  const auto host = http::only_field(head.text(), "Host");
  fuzz::expect(!has_metrics || (!with_login && host && http::is_own_host(*host)));
  return 0;
}
