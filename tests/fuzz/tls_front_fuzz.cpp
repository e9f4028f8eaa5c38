#include "doors/issue.hpp"
#include "fuzz/bytes_reader.hpp"
#include "truckee/doors/basp/basp_filter.hpp"
#include "truckee/doors/connection.hpp"
#include "truckee/doors/credentials.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

using namespace truckee;
using namespace truckee::doors;

namespace {

/// What every input needs and none changes.
struct world {
  test::authority ca;
  std::shared_ptr<const credentials> own = *credentials::load(ca.first());
  std::unique_ptr<event_loop> loop = *event_loop::start();
  tls::node_files client =
      ca.issue({.name = "client", .alternative = "DNS:client", .unit = "truckee client"});
  tls::node_files scraper =
      ca.issue({.name = "scraper", .alternative = "DNS:scraper", .unit = "truckee scraper"});

  /// In the loop's thread, once all that came before is handled.
  void settle() const {
    for (int i = 0; i < 2; ++i)
      loop->run([] {});
  }
};

using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

context_ptr context_with(const tls::node_files* shown) {
  context_ptr out(SSL_CTX_new(TLS_client_method()));
  if (shown == nullptr)
    return out;
  SSL_CTX_use_certificate_chain_file(out.get(), shown->certificate.c_str());
  SSL_CTX_use_PrivateKey_file(out.get(), shown->key.c_str(), SSL_FILETYPE_PEM);
  return out;
}

/// Changes bytes of a stream as it passes.
struct wounds {
  struct one {
    std::size_t at = 0;
    std::uint8_t change = 0;
  };
  std::array<one, 3> all{};
  std::size_t passed = 0;

  void hurt(std::string& piece) {
    for (const auto& each : all)
      if (each.at >= passed && each.at - passed < piece.size())
        piece[each.at - passed] = static_cast<char>(piece[each.at - passed] ^ each.change);
    passed += piece.size();
  }
};

/// Connections of the porter's, over a socket pair in place of TCP.
class visit {
public:
  visit(world& in, bool judged) : world_(in) {
    std::array<int, 2> ends{};
    fuzz::expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    caller_.reset(ends[0]);
    world_.loop->run([&] {
      descriptor theirs(ends[1]);
      auto talk = credentials::accept(world_.own, theirs.get(), {.roles = {tls::role::client}});
      std::unique_ptr<inspector> judge;
      if (judged)
        judge = std::make_unique<basp::basp_filter>(rules());
      at_ = std::make_unique<connection>(*world_.loop, std::move(theirs), std::move(talk), std::move(judge),
                                         false, "a caller", connection::limits{});
      at_->begin({.opened = [this](passage p) { inside_ = std::move(p); },
                  .greeted = {},
                  .ended =
                      [this](const std::optional<trouble>& why) {
                        ++ends_;
                        why_ = why;
                      }});
    });
  }
  ~visit() {
    world_.loop->run([this] { at_.reset(); });
  }

  static basp::rules rules() {
    basp::rules out;
    out.longest_payload = 4096;
    return out;
  }

  void say(std::string_view text) {
    ::send(caller_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    world_.settle();
    arrived_ += all_of(inside_ ? inside_->inside.get() : -1);
  }
  std::string heard() const { return all_of(caller_.get()); }
  const std::optional<passage>& inside() const { return inside_; }
  const std::string& arrived() const { return arrived_; }

  /// Both ends close; nothing is left of it.
  void leave() {
    caller_.reset();
    world_.settle();
    arrived_ += all_of(inside_ ? inside_->inside.get() : -1);
    if (inside_)
      inside_->inside.reset();
    for (int i = 0; i < 8 && ends_ == 0; ++i)
      world_.settle();
    fuzz::expect(ends_ == 1);
    if (why_)
      for (const char c : why_->detail)
        fuzz::expect(c >= ' ' && c <= '~');
  }

private:
  static std::string all_of(int fd) {
    std::string out;
    std::array<char, 65536> piece;
    for (ssize_t n; fd >= 0 && (n = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
      out.append(piece.data(), static_cast<std::size_t>(n));
    return out;
  }

  world& world_;
  descriptor caller_;
  std::unique_ptr<connection> at_;
  std::optional<passage> inside_;
  std::string arrived_;
  int ends_ = 0;
  std::optional<trouble> why_;
};

/// A caller who has OpenSSL, the bytes of which are hurt on their way.
void shake_hands(visit& at, SSL_CTX* with, wounds& hurt, std::string_view then) {
  const std::unique_ptr<SSL, freed_by<SSL_free>> session(SSL_new(with));
  auto* in = BIO_new(BIO_s_mem());
  auto* out = BIO_new(BIO_s_mem());
  SSL_set_bio(session.get(), in, out);
  SSL_set_connect_state(session.get());
  bool said = false;
  for (int round = 0; round < 8; ++round) {
    ERR_clear_error();
    if (SSL_do_handshake(session.get()) == 1 && !said) {
      said = true;
      if (!then.empty())
        SSL_write(session.get(), then.data(), static_cast<int>(then.size()));
    }
    const auto made = tls::ssl::content_of(out);
    std::string piece(as_text(made));
    BIO_reset(out);
    hurt.hurt(piece);
    if (!piece.empty())
      at.say(piece);
    const auto answer = at.heard();
    if (piece.empty() && answer.empty())
      break;
    if (!answer.empty())
      BIO_write(in, answer.data(), static_cast<int>(answer.size()));
  }
  ERR_clear_error();
}

/// How much of that BASP's filter lets pass.
std::string filtered(std::string_view text) {
  basp::basp_filter filter(visit::rules());
  bytes out;
  (void)filter.take(as_bytes(text), out);
  return std::string(as_text(out));
}

} // namespace

/// Bytes before, within and after a handshake. Only who shows a client's certificate gets in, and what then arrives
/// inside is what was said, up to the first byte that somebody changed; with BASP's filter in between, what that passes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static world one;
  static const auto nobody = context_with(nullptr);
  static const auto scraper = context_with(&one.scraper);
  static const auto client = context_with(&one.client);
  fuzz::bytes_reader in(data, size);
  const auto mode = in.byte();
  const bool judged = mode & 4;
  visit at(one, judged);
  if ((mode & 3) == 0) {
    const auto step = static_cast<std::size_t>(in.byte()) * 8 + 1;
    while (!in.empty())
      at.say(in.text(step));
    fuzz::expect(!at.inside());
  } else {
    auto* with = (mode & 3) == 1 ? nobody.get() : (mode & 3) == 2 ? scraper.get() : client.get();
    wounds hurt;
    for (auto& each : hurt.all) {
      const auto high = in.byte();
      each = {static_cast<std::size_t>(high) << 8 | in.byte(), in.byte()};
    }
    const auto said = in.rest();
    shake_hands(at, with, hurt, said);
    fuzz::expect(!at.inside() || with == client.get());
    at.leave();
    const auto expected = judged ? filtered(said) : std::string(said);
    fuzz::expect(expected.starts_with(at.arrived()));
    return 0;
  }
  at.leave();
  return 0;
}
